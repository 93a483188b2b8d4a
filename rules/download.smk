# Archives of the Open Science Framework, resumed and verified, and the datasets inside them.


# On a cluster it runs where `snakemake` does: compute nodes often have no network.
localrules:
    download,
    norman_download,


rule download:
    output:
        f"{RESULTS}/downloads/{{project}}/{{archive}}",
    log:
        f"{RESULTS}/logs/download/{{project}}/{{archive}}.log",
    wildcard_constraints:
        project="(?!norman/)[^/]+",
    retries: 2
    conda:
        ENV
    resources:
        mem_mb=1000,
        runtime=720,
    params:
        source=lambda wildcards: osf_source(wildcards).model_dump(mode="json", exclude={"member"}),
    script:
        "../workflow_scripts/download.py"


rule unpack:
    input:
        archive,
    output:
        f"{RESULTS}/raw/{{dataset}}.h5ad",
    log:
        f"{RESULTS}/logs/unpack/{{dataset}}.log",
    wildcard_constraints:
        dataset=is_kind("osf"),
    conda:
        ENV
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        member=lambda wildcards: dataset(wildcards).source.member,
    script:
        "../workflow_scripts/unpack.py"

# Unseen double perturbations from single ones (Norman et al. 2019): `snakemake norman`.
# The archive is downloaded where `snakemake` runs: compute nodes often have no network.


rule norman:
    input:
        f"{RESULTS}/tables/norman.csv",


rule norman_download:
    output:
        temp(f"{RESULTS}/downloads/norman/{{experiment}}.tar"),
    log:
        f"{RESULTS}/logs/norman/{{experiment}}/download.log",
    retries: 2
    conda:
        ENV
    resources:
        mem_mb=1000,
        runtime=720,
    params:
        url=lambda wildcards: NORMAN[wildcards.experiment].source.url,
    script:
        "../workflow_scripts/norman_download.py"


rule norman_unpack:
    input:
        f"{RESULTS}/downloads/norman/{{experiment}}.tar",
    output:
        f"{RESULTS}/norman/{{experiment}}/raw.h5ad",
    log:
        f"{RESULTS}/logs/norman/{{experiment}}/unpack.log",
    wildcard_constraints:
        experiment=norman_of("tar"),
    conda:
        ENV
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        member=lambda wildcards: NORMAN[wildcards.experiment].source.member,
    script:
        "../workflow_scripts/unpack.py"


rule norman_lookalike:
    output:
        f"{RESULTS}/norman/{{experiment}}/raw.h5ad",
    log:
        f"{RESULTS}/logs/norman/{{experiment}}/lookalike.log",
    wildcard_constraints:
        experiment=norman_of("lookalike"),
    conda:
        ENV
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=lambda wildcards: NORMAN[wildcards.experiment].model_dump(mode="json"),
    script:
        "../workflow_scripts/norman_lookalike.py"


rule norman_experiment:
    input:
        cells=lambda wildcards: norman_cells(NORMAN[wildcards.experiment], wildcards),
    output:
        rows=f"{RESULTS}/norman/{{experiment}}/metrics.parquet",
        summary=f"{RESULTS}/norman/{{experiment}}/summary.csv",
    log:
        f"{RESULTS}/logs/norman/{{experiment}}/experiment.log",
    benchmark:
        f"{RESULTS}/benchmarks/norman/{{experiment}}.tsv"
    wildcard_constraints:
        experiment=any_of(NORMAN if not ANY_GPU else []),
    conda:
        ENV
    threads: RUNTIME.threads
    resources:
        gpu=int(ANY_GPU),
        mem_mb=growing(norman_memory),
        runtime=1440,
    params:
        settings=lambda wildcards: NORMAN[wildcards.experiment].model_dump(mode="json"),
        runtime=RUNTIME.model_dump(mode="json", exclude={"keep_fits"}),
        code=lambda wildcards: versions.version("sccbgm.norman.run"),
    script:
        "../workflow_scripts/norman.py"


use rule norman_experiment as norman_experiment_gpu with:
    wildcard_constraints:
        experiment=any_of(NORMAN if ANY_GPU else []),


# Next to the values published for PerturbedVAE.
rule norman_table:
    input:
        summary=f"{RESULTS}/norman/{{experiment}}/summary.csv",
        published=of_repository("resources/perturbedvae/norman.csv"),
    output:
        f"{RESULTS}/tables/{{experiment}}.csv",
        f"{RESULTS}/tables/{{experiment}}.md",
        report(
            f"{RESULTS}/tables/{{experiment}}.html",
            caption="../report/norman.rst",
            category="Tables",
            labels={"table": "{experiment}"},
        ),
    log:
        f"{RESULTS}/logs/tables/{{experiment}}.log",
    wildcard_constraints:
        experiment="|".join(NORMAN),
    conda:
        ENV
    resources:
        mem_mb=1000,
        runtime=5,
    script:
        "../workflow_scripts/norman_table.py"

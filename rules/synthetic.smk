# Synthetic cells with exact counterfactuals, as raw counts.


rule generate:
    output:
        f"{RESULTS}/raw/{{dataset}}.h5ad",
    log:
        f"{RESULTS}/logs/synthetic/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/synthetic/{{dataset}}.tsv"
    wildcard_constraints:
        dataset=is_kind("synthetic"),
    conda:
        ENV
    threads: 2
    resources:
        mem_mb=6000,
        runtime=30,
    params:
        source=lambda wildcards: dataset(wildcards).source.model_dump(mode="json"),
        code=lambda wildcards: versions.version("sccbgm.synthetic.dataset"),
    script:
        "../workflow_scripts/synthetic.py"

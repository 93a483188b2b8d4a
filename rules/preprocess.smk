# One clean AnnData a dataset: log-normalised genes, labels, concepts; before that, a part of the
# cells where the dataset is to be smaller.


rule sample:
    input:
        all_cells,
        derived_list,
    output:
        f"{RESULTS}/samples/{{dataset}}.h5ad",
    log:
        f"{RESULTS}/logs/sample/{{dataset}}.log",
    conda:
        ENV
    resources:
        mem_mb=sampling_memory,
        runtime=60,
    params:
        settings=lambda wildcards: depends.sample_settings(dataset(wildcards)),
        code=lambda wildcards: versions.version("sccbgm.data.sample"),
    script:
        "../workflow_scripts/sample.py"


rule preprocess:
    input:
        raw_cells,
        derived_list,
    output:
        f"{RESULTS}/data/{{dataset}}.h5ad",
    log:
        f"{RESULTS}/logs/preprocess/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/preprocess/{{dataset}}.tsv"
    conda:
        ENV
    threads: RUNTIME.threads
    resources:
        mem_mb=preprocessing_memory,
        runtime=120,
    params:
        settings=lambda wildcards: depends.preprocess_settings(dataset(wildcards)),
        code=lambda wildcards: versions.version("sccbgm.data.preprocess"),
    script:
        "../workflow_scripts/preprocess.py"

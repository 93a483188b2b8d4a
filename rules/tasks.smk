# What is held out, the principal components of every task, and the distances that ratios are
# formed with.


rule tasks:
    input:
        f"{RESULTS}/data/{{dataset}}.h5ad",
    output:
        tasks=f"{RESULTS}/tasks/{{dataset}}/tasks.json",
        pca=f"{RESULTS}/tasks/{{dataset}}/pca.h5ad",
    log:
        f"{RESULTS}/logs/tasks/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/tasks/{{dataset}}.tsv"
    conda:
        ENV
    threads: BENCHMARK.config.runtime.threads
    resources:
        mem_mb=memory(4000, 8),
        runtime=60,
    params:
        settings=dataset_settings,
    script:
        "../workflow_scripts/tasks.py"


rule denominators:
    input:
        data=f"{RESULTS}/data/{{dataset}}.h5ad",
        tasks=f"{RESULTS}/tasks/{{dataset}}/tasks.json",
        pca=f"{RESULTS}/tasks/{{dataset}}/pca.h5ad",
    output:
        f"{RESULTS}/tasks/{{dataset}}/denominators_{{preset}}.parquet",
    log:
        f"{RESULTS}/logs/denominators/{{dataset}}_{{preset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/denominators/{{dataset}}_{{preset}}.tsv"
    conda:
        ENV
    threads: BENCHMARK.config.runtime.threads
    resources:
        mem_mb=memory(8000, 8),
        runtime=240,
    params:
        metrics=lambda wildcards: metrics_for(BENCHMARK, wildcards.dataset),
    script:
        "../workflow_scripts/denominators.py"

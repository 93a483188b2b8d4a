# Generated cells in the place of a dataset's own: `files: {kang: lookalike}`.


rule lookalike:
    output:
        f"{RESULTS}/lookalikes/{{dataset}}.h5ad",
    log:
        f"{RESULTS}/logs/lookalike/{{dataset}}.log",
    wildcard_constraints:
        dataset=is_kind("lookalike"),
    conda:
        ENV
    resources:
        mem_mb=preprocessing_memory,
        runtime=60,
    params:
        settings=lambda wildcards: depends.lookalike_settings(dataset(wildcards)),
        code=lambda wildcards: versions.version("sccbgm.data.lookalike"),
    script:
        "../workflow_scripts/lookalike.py"

# Methods of other packages: a rule each, in an environment with the package (`--sdm conda`).


use rule train as train_biolord with:
    wildcard_constraints:
        method="biolord",
    conda:
        "../envs/biolord.yaml"
    resources:
        gpu=gpus,
        # A dense copy of the training cells' genes, and the package's own
        mem_mb=memory(8000, 12),
        runtime=1440,


use rule train as train_scgen with:
    wildcard_constraints:
        method="scgen",
    conda:
        "../envs/scgen.yaml"
    resources:
        gpu=gpus,
        mem_mb=memory(8000, 12),
        runtime=1440,


use rule train as train_cinema_ot with:
    wildcard_constraints:
        method="cinema_ot",
    conda:
        "../envs/cinema_ot.yaml"
    # PCA, ICA and transport use all cores that they are given, and no GPU
    threads: 2
    resources:
        gpu=0,
        mem_mb=memory(8000, 12),
        runtime=720,

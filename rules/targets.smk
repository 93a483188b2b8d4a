# What can be asked for by name: `snakemake --cores 8 table_01`, `kang`, `figures`.


for name, files in TARGETS.items():

    rule:
        name:
            name
        input:
            files,


# A name that is no target, so that the message says which there are.
rule unknown_target:
    input:
        no_such_target,
    output:
        "{target}",
    wildcard_constraints:
        target=f"(?!({'|'.join(SOURCES)})$)[A-Za-z0-9_-]+",

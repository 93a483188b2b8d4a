"""The synthetic datasets of the repository, at the sizes at which they are run."""

from __future__ import annotations

import pytest

from sccbgm.benchmark.studies import load_run
from sccbgm.config.places import REPOSITORY
from sccbgm.config.run import merged
from sccbgm.config.sources import GeneratorSettings, SyntheticSource
from sccbgm.synthetic.cells import draw_cells
from sccbgm.synthetic.interventions import choose_interventions
from sccbgm.synthetic.parameters import draw_parameters

CONFIG = REPOSITORY / "config"


@pytest.mark.parametrize("files", [["demo.yaml"], ["config.yaml", "paper_small.yaml"]])
def test_every_dataset_has_the_pairs_that_its_tasks_ask_for(files: list[str]) -> None:
    run = load_run(merged([CONFIG / file for file in files]))
    sources = {id: dataset.source for id, dataset in run.datasets.items()}
    generated = {id: s for id, s in sources.items() if isinstance(s, SyntheticSource)}
    assert generated
    for source in generated.values():
        kept = source.model_dump(include=set(GeneratorSettings.model_fields))
        settings = GeneratorSettings(**kept | {"n_genes": 1})  # what cells are needs no genes
        cells = draw_cells(settings, draw_parameters(settings))
        chosen = choose_interventions(cells, source.n_tasks, source.min_cells, source.seed)
        assert len(chosen) == source.n_tasks

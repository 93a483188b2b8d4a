"""`python -m sccbgm.cli`."""

from sccbgm.cli import main

raise SystemExit(main())

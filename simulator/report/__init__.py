"""Reports: what a run, a trace or a comparison looks like to people.

| module     | what it tells                                    |
|------------|----------------------------------------------------|
| `text`     | a run on one screen; many seeds in a table         |
| `progress` | virtual time while a run goes on, on a terminal    |
| `data`     | the same facts for programs: what `--json` prints  |
"""

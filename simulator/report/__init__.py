"""Reports: what a run, a trace or a comparison looks like to people.

| module     | what it tells                                    |
|------------|----------------------------------------------------|
| `text`     | a run on one screen; many seeds in a table         |
| `progress` | virtual time while a run goes on, on a terminal    |
| `asked`    | what the services of a run were asked              |
| `data`     | the same facts for programs: what `--json` prints  |
| `voice`    | where words go: results to stdout, the rest to stderr |
"""

"""The harness: a scenario, its phases, one run, and the outcome.

| module     | what lives there                                                   |
|------------|----------------------------------------------------------------------|
| `scenario` | a claim and the function that shows it                               |
| `stage`    | the world with a plan and phases: setup, drive, heal, settle, check  |
| `run`      | `run(scenario, ...) -> Run`                                          |
| `program`  | the same for a plain program: what `exec` does                       |
| `outcome`  | how a run ended, and its exit code                                   |
"""

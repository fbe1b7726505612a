"""The harness: a scenario, its phases, one run, and the outcome.

| module     | what lives there                                                   |
|------------|----------------------------------------------------------------------|
| `scenario` | a claim and the function that shows it                               |
| `stage`    | the world with a plan and phases: setup, drive, heal, settle, check  |
| `run`      | `run(scenario, ...) -> Run`                                          |
| `program`  | the same for a plain program: what `exec` does                       |
| `usual`    | the faults that a plain program meets unless somebody says otherwise |
| `launch`   | a script or module as `__main__`                                     |
| `furnish`  | disks for a host, and what it sees of the machine                    |
| `session`  | one engine from its start to the verdict                             |
| `watchdog` | endless steps, and Ctrl-C                                            |
| `locating` | a recorder that keeps call sites                                     |
| `outcome`  | how a run ended, and its exit code                                   |
"""

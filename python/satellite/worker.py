"""The process that builds and executes quantum graphs with the Rubin stack of the one who started it.

``python -m satellite.worker`` reads requests from standard input and answers on standard output, one JSON object a
line. It is for the gateway and for ``satellite run``; `satellite._worker.pool` says what is asked and answered.
"""

from ._worker.pool import main

if __name__ == "__main__":
    main()

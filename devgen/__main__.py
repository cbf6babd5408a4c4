"""``python -m devgen`` is the ``devgen`` command."""

from devgen.cli import main

if __name__ == "__main__":
    main()

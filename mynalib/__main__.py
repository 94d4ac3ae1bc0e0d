"""`python -m mynalib VERB`。"""

from mynalib.cli import main

if __name__ == "__main__":
    main()

"""`myna VERB` と `python -m mynalib VERB` の入口。"""

from mynalib.startup import isolate


def main() -> None:
    """切りはなしてから、命令（cli）を読みこんで動かす。"""
    isolate()
    from mynalib.cli import main as run

    run()


if __name__ == "__main__":
    main()

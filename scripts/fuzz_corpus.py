"""Chooses the files of a corpus that together reach most: for scripts/fuzz.

    python3 scripts/fuzz_corpus.py CONTROL_FILE OUT

CONTROL_FILE is what libFuzzer's -set_cover_merge=1 leaves behind: which features each file reaches.
"""

import pathlib
import shutil
import sys

# What a corpus in the repository may have: it is cloned by everybody and replayed before each change.
MAX_FILES = 150
MAX_BYTES = 300_000


def main():
    control, out = map(pathlib.Path, sys.argv[1:])
    for file in chosen(*read(control)):
        shutil.copy(file, out)


def read(control):
    """The files by number, and the features of each."""
    lines = control.read_text().splitlines()
    count = int(lines[0])
    files = dict(enumerate(pathlib.Path(line) for line in lines[2 : 2 + count]))
    reached = {}
    for line in lines[2 + count :]:
        kind, number, *features = line.split()
        if kind == "FT":
            reached[int(number)] = set(map(int, features))
    return files, reached


def chosen(files, reached):
    """Greedy: always the file that adds most, the smaller one of two; as long as there is room."""
    sizes = {number: file.stat().st_size for number, file in files.items()}
    room = MAX_BYTES
    for _ in range(MAX_FILES):
        reached = {n: f for n, f in reached.items() if f and sizes[n] <= room}
        if not reached:
            return
        best = max(reached, key=lambda n: (len(reached[n]), -sizes[n], -n))
        new = reached.pop(best)
        room -= sizes[best]
        for features in reached.values():
            features -= new
        yield files[best]


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Writes bigrams.rs beside it: how surprising a letter is after another one.

usage: make_bigrams.py PROFILES, a folder of letter counts by language as in langdetect 1.0.9
(Apache-2.0, counted from Wikipedia). Accents are folded as the program folds them.
"""
import json
import math
import sys
import unicodedata
from pathlib import Path

# Languages in Latin letters, and those that invoices are read in, which weigh as much as all.
ALL = "ca cs da de en es et fi fr hr hu it lt lv nl no pl pt ro sk sl sv tr".split()
READ = "fr en de nl it es".split()
UNSEEN = 1e-5
LARGEST_TENTHS = 100


def fold(letter):
    letter = {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "đ": "d", "ł": "l", "ı": "i"}.get(letter.lower(), letter)
    return "".join(c for c in unicodedata.normalize("NFD", letter).lower() if "a" <= c <= "z")


def shares(path):
    """27 rows of shares: what follows nothing (0) or a letter (1 to 26)."""
    counts = [[0.0] * 27 for _ in range(27)]
    for gram, count in json.loads(path.read_text())["freq"].items():
        if len(gram) != 2 or gram == "  ":
            continue
        left = " " if gram[0] == " " else fold(gram[0])[-1:]
        right = " " if gram[1] == " " else fold(gram[1])[:1]
        if left and right:
            index = lambda c: 0 if c == " " else ord(c) - ord("a") + 1
            counts[index(left)][index(right)] += count
    return [[count / max(sum(row), 1) for count in row] for row in counts]


def main():
    folder = Path(sys.argv[1])
    tables = {language: shares(folder / language) for language in ALL}
    mean = lambda languages, a, b: sum(tables[l][a][b] for l in languages) / len(languages)
    rows = []
    for a in range(27):
        share = lambda b: max((mean(ALL, a, b) + mean(READ, a, b)) / 2, UNSEEN)
        rows.append([min(LARGEST_TENTHS, round(-10 * math.log2(share(b)))) for b in range(27)])
    lines = [
        "//! How surprising a letter is after another one, in European languages. Written by",
        "//! `make_bigrams.py` from the letter counts of langdetect 1.0.9 (Apache-2.0).",
        "",
        "/// Tenths of a bit. Row: the letter before (0 for a word's start, 1 for a, 26 for z); column: the",
        "/// letter, 0 for the word's end.",
        "#[rustfmt::skip]",
        "pub(super) const SURPRISE: [[u8; 27]; 27] = [",
        *("    [" + ", ".join(f"{v}" for v in row) + "]," for row in rows),
        "];",
    ]
    Path(__file__).with_name("bigrams.rs").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

"""Words compared as people type them: without case, accents and marks, and with a slip or two."""

import unicodedata

#: Letters that are no others with a mark on them.
_PLAIN = str.maketrans({"ı": "i", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})


def plain(text: str) -> str:
    """`Côte d’Ivoire` as `cote d ivoire`: no case, no marks, words with one space between them."""
    letters = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    kept = "".join(letter for letter in letters if unicodedata.category(letter) != "Mn")
    return " ".join("".join(letter if letter.isalnum() else " " for letter in kept).split())


def slips(word: str) -> int:
    """How many letters of a word may be wrong: a third, three at most; none of two letters, which are near to everything."""
    return min(3, (len(word) - 1) // 3)


def distance(one: str, other: str) -> int:
    """Letters to add, leave out, change, or swap with their neighbour, to make one of the other."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, row = row, [i]
        for j, there in enumerate(other, 1):
            steps = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != there))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == there:
                steps = min(steps, before[j - 2] + 1)
            row.append(steps)
        before = above
    return row[-1]

"""Makes tests/fixtures/vader_scores.txt: what the reference implementation of VADER says of texts.

    pip install vaderSentiment==3.3.2
    python tests/oracle/vader_scores.py > tests/fixtures/vader_scores.txt
    python tests/oracle/vader_scores.py FILE… > more.txt      # every line of the files instead: NORN_VADER=more.txt for test_vader
"""
# SPDX-License-Identifier: Apache-2.0
import random
import sys

from vaderSentiment.vaderSentiment import BOOSTER_DICT, NEGATE, SPECIAL_CASES, SentimentIntensityAnalyzer

OWN = ["The margin was good.", "The margin was VERY good!!!", "At least it isn't a horrible quarter.", "Only kind of good, but the outlook is bad",
       "never so good as this", "without doubt a great buy", "no good or great news", "NOT GREAT", "Today only kinda sux! But I'll get by, lol", ":) :D :( <3",
       "great\U0001f602bad\U0001f498", "the shit", "to die for gains", "GOOD but good but good", "", "   ", "?? good ???", "\u00c9TAT good", "don\u2019t buy", "isn't it great?",
       "yeah right, great", "least good", "at least good", "very least good", "l\u2019\u00e9tat c\u2019est moi", "\u01c5 good", "a\u00a0good\u2003day\x1cbad"]


def main():
    analyser = SentimentIntensityAnalyzer()
    r = random.Random(11)
    texts = OWN
    if len(sys.argv) > 1:
        texts = [line.rstrip("\n") for path in sys.argv[1:] for line in open(path, encoding="utf-8", errors="replace")]
    else:
        words = list(NEGATE) + list(BOOSTER_DICT) + list(SPECIAL_CASES) + ["but", "BUT", "least", "at", "very", "no", "nor", "or", "never", "so", "this", "without", "doubt", "kind",
                                                                           "of", "good", "bad", "GOOD", "!", "?", "\U0001f602", "\U0001f498", "a", "the", "just", "enough", "Not"]
        lexicon = sorted(analyser.lexicon)
        for _ in range(500):
            texts = texts + [" ".join(r.choice([r.choice(words), r.choice(lexicon), r.choice(words).upper()]) + r.choice(["", "", "!", ".", " ", "??"]) for _ in range(r.randrange(1, 14)))]
    print("# vaderSentiment 3.3.2; made by tests/oracle/vader_scores.py: text in hexadecimal (- for none), neg, neu, pos, compound")
    for t in texts:
        s = analyser.polarity_scores(t)
        print(t.encode().hex() or "-", s["neg"], s["neu"], s["pos"], s["compound"])


main()

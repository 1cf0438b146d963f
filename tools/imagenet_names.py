"""Writes the names of ImageNet's 1000 classes, a line each, in Keras's order.  Usage: imagenet_names.py FOLDER > names.txt

FOLDER is timm/data/_info of the package timm (Apache-2.0; `pip download --no-deps timm`, unpack): the 1000 WordNet ids of
ILSVRC2012 and the lemmas of WordNet 3.0. Keras counts the classes in the ids' order, too. A class's name is its first
lemma, or its second where another class begins with the same.
"""

import collections
import pathlib
import sys

# Two things whose only lemma is the same.
SAME_LEMMA = {"n02012849": "crane (bird)", "n03126707": "crane (machine)"}


def main(folder):
    synsets = sorted((folder / "imagenet_synsets.txt").read_text().split())
    lemmas = dict(line.split("\t") for line in (folder / "imagenet_synset_to_lemma.txt").read_text().splitlines())
    assert len(synsets) == 1000
    lemmas = [lemmas[synset].split(", ") for synset in synsets]
    shared = collections.Counter(own[0].lower() for own in lemmas)
    names = []
    for synset, own in zip(synsets, lemmas):
        is_shared = shared[own[0].lower()] > 1
        names.append(SAME_LEMMA.get(synset, own[1] if is_shared and len(own) > 1 else own[0]))
    assert len({name.lower() for name in names}) == 1000
    print("\n".join(names))


main(pathlib.Path(sys.argv[1]))

"""Small files in the official formats of Keras's data sets, made of numbers without a meaning.

Pickles are written as Python 2 wrote those of the official files (protocol 2, strings of bytes), where Python 3 would
write something else.
"""

import gzip
import io
import json
import struct
import zipfile

import numpy as np

from golden_file import FOLDER, generator

FILES = FOLDER / "datasets"
WORDS = 90


class OldPickle:
    """What Python 2 writes with protocol 2, for the few kinds of objects of the data sets."""

    def __init__(self):
        self.out = bytearray(b"\x80\x02")
        self.memo = 0

    def put(self):
        """Python 2 remembers every object, and refers to few again."""
        self.out += struct.pack("<BB", ord("q"), self.memo) if self.memo < 256 else struct.pack("<BI", ord("r"), self.memo)
        self.memo += 1

    def text(self, value):
        head = struct.pack("<BB", ord("U"), len(value)) if len(value) < 256 else struct.pack("<BI", ord("T"), len(value))
        self.out += head + value
        self.put()

    def number(self, value):
        if 0 <= value < 256:
            self.out += struct.pack("<BB", ord("K"), value)
        elif 0 <= value < 65536:
            self.out += struct.pack("<BH", ord("M"), value)
        else:
            self.out += struct.pack("<Bi", ord("J"), value)

    def list(self, items, write):
        self.out += b"]"
        self.put()
        for start in range(0, len(items), 1000):
            self.out += b"("
            for item in items[start : start + 1000]:
                write(item)
            self.out += b"e"

    def array(self, shape, dtype, flags, write_data):
        self.out += b"cnumpy.core.multiarray\n_reconstruct\n"
        self.put()
        self.out += b"cnumpy\nndarray\n"
        self.put()
        self.out += b"K\x00\x85"
        self.put()
        self.text(b"b")
        self.out += b"\x87"
        self.put()
        self.out += b"R"
        self.put()
        self.out += b"(K\x01"
        for size in shape:
            self.number(size)
        self.out += {1: b"\x85", 2: b"\x86"}[len(shape)]
        self.put()
        self.out += b"cnumpy\ndtype\n"
        self.put()
        self.text(dtype)
        self.out += b"K\x00K\x01\x87"
        self.put()
        self.out += b"R"
        self.put()
        self.out += b"(K\x03"
        self.text(b"|")
        self.out += b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff" + struct.pack("<BB", ord("K"), flags) + b"t"
        self.put()
        self.out += b"b\x89"
        write_data()
        self.out += b"t"
        self.put()
        self.out += b"b"

    def done(self):
        return bytes(self.out) + b"."


def pickled_lists(lists):
    """An array of objects, which are lists of numbers."""
    pickle = OldPickle()
    pickle.array([len(lists)], b"O8", 63, lambda: pickle.list(lists, lambda words: pickle.list(words, pickle.number)))
    return pickle.done()


def pickled_batch(name, planes, fine, coarse):
    """A file of CIFAR-100."""
    pickle = OldPickle()
    pickle.out += b"}"
    pickle.put()
    pickle.out += b"("
    pickle.text(b"filenames")
    pickle.list([b"picture_%d.png" % i for i in range(len(fine))], pickle.text)
    pickle.text(b"batch_label")
    pickle.text(name + b" batch 1 of 1")
    pickle.text(b"fine_labels")
    pickle.list(fine, pickle.number)
    pickle.text(b"coarse_labels")
    pickle.list(coarse, pickle.number)
    pickle.text(b"data")
    pickle.array(planes.shape, b"u1", 0, lambda: pickle.text(planes.tobytes()))
    pickle.out += b"u"
    return pickle.done()


def npy(array):
    """An array in NumPy's format, as NumPy writes it today."""
    out = io.BytesIO()
    np.lib.format.write_array(out, array, allow_pickle=True)
    return out.getvalue()


def npy_of_lists(lists):
    """An array of objects as the official files have it."""
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": "|O", "fortran_order": False, "shape": (len(lists),)})
    return out.getvalue() + pickled_lists(lists)


def write_npz(name, members):
    """An `.npz` file that is the same each time it is written."""
    with zipfile.ZipFile(FILES / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(zipfile.ZipInfo(f"{member}.npy"), content, zipfile.ZIP_DEFLATED)


def write_idx(name, array):
    head = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    (FILES / name).write_bytes(gzip.compress(head + array.tobytes(), mtime=0))


def texts(random, count):
    """Lists of ranks, with a few high ones."""
    lengths = random.integers(1, 40, count)
    return [[int(w) for w in np.minimum(random.zipf(1.3, n), WORDS + 70_000 * (n % 7 == 0))] for n in lengths]


def objects(lists):
    array = np.empty(len(lists), dtype=object)
    array[:] = lists
    return array


def write_files():
    """Writes one of each."""
    FILES.mkdir(exist_ok=True)
    random = generator("dataset files")

    def pictures(count, *shape):
        return random.integers(0, 256, (count, *shape), dtype=np.uint8) // 51 * 51

    def labels(count, classes):
        return random.integers(0, classes, count, dtype=np.uint8)

    write_npz("mnist.npz", {
        "x_test": npy(pictures(4, 28, 28)), "x_train": npy(pictures(9, 28, 28)),
        "y_train": npy(labels(9, 10)), "y_test": npy(labels(4, 10)),
    })  # fmt: skip
    for name, count in [("train", 7), ("t10k", 3)]:
        write_idx(f"{name}-images-idx3-ubyte.gz", pictures(count, 28, 28))
        write_idx(f"{name}-labels-idx1-ubyte.gz", labels(count, 10))
    folder = FILES / "cifar-100-python"
    folder.mkdir(exist_ok=True)
    for name, count in [(b"train", 3), (b"test", 2)]:
        fine, coarse = labels(count, 100).tolist(), labels(count, 20).tolist()
        content = pickled_batch(name, pictures(count, 3072), fine, coarse)
        (folder / name.decode()).write_bytes(content)
    write_npz("imdb.npz", {
        "x_test": npy_of_lists(texts(random, 31)), "x_train": npy_of_lists(texts(random, 43)),
        "y_train": npy(random.integers(0, 2, 43)), "y_test": npy(random.integers(0, 2, 31)),
    })  # fmt: skip
    write_npz("reuters.npz", {"x": npy(objects(texts(random, 57))), "y": npy(random.integers(0, 46, 57))})
    ranks = {f"word{rank}": rank for rank in range(1, WORDS + 1)} | {"d'être": WORDS + 1, 'a "quote"': WORDS + 2}
    for name in ["imdb", "reuters"]:
        (FILES / f"{name}_word_index.json").write_text(json.dumps(ranks))
    rows = np.asfortranarray(random.standard_normal((53, 13)))
    write_npz("boston_housing.npz", {"x": npy(rows), "y": npy(random.uniform(5, 50, 53))})
    rows = random.integers(-128, 128, (640, 8)).astype(np.float32)
    write_npz("california_housing.npz", {"x": npy(rows), "y": npy(np.arange(640, dtype=np.float64) * 500)})

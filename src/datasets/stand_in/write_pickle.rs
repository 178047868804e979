//! Writing Python's pickles of the few kinds of objects that data sets are made of.

/// Items that are appended at once, as Python does it.
const BATCH: usize = 1000;

/// A pickle in the making: protocol 2 with the strings of Python 2, or a later one with bytes.
pub(super) struct Pickler {
    protocol: u8,
    out: Vec<u8>,
}

impl Pickler {
    pub(super) fn new(protocol: u8) -> Pickler {
        Pickler {
            protocol,
            out: vec![0x80, protocol],
        }
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.out.push(b'.');
        self.out
    }

    pub(super) fn open_dict(&mut self) {
        self.out.extend(b"}(");
    }

    pub(super) fn close_dict(&mut self) {
        self.out.push(b'u');
    }

    /// A string of bytes.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        let (short, long) = match self.protocol {
            2 => (b'U', b'T'),
            _ => (b'C', b'B'),
        };
        match u8::try_from(bytes.len()) {
            Ok(length) => self.out.extend([short, length]),
            Err(_) => {
                self.out.push(long);
                self.out.extend((bytes.len() as u32).to_le_bytes());
            }
        }
        self.out.extend(bytes);
    }

    pub(super) fn integer(&mut self, value: i64) {
        match value {
            0..=0xff => self.out.extend([b'K', value as u8]),
            0x100..=0xffff => {
                self.out.push(b'M');
                self.out.extend((value as u16).to_le_bytes());
            }
            _ => {
                self.out.push(b'J');
                self.out.extend((value as i32).to_le_bytes());
            }
        }
    }

    /// A list whose items `write` writes.
    pub(super) fn list<T>(
        &mut self,
        items: impl Iterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.out.push(b']');
        let mut count = 0;
        for item in items {
            if count % BATCH == 0 {
                self.out
                    .extend(if count == 0 { &b"("[..] } else { &b"e("[..] });
            }
            write(self, item);
            count += 1;
        }
        if count > 0 {
            self.out.push(b'e');
        }
    }

    pub(super) fn integers(&mut self, items: impl Iterator<Item = i64>) {
        self.list(items, Self::integer);
    }

    /// An array before what it holds: `numpy.core.multiarray._reconstruct(ndarray, (0,), b"b")`.
    fn empty_array(&mut self) {
        self.out
            .extend(b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85");
        self.bytes(b"b");
        self.out.extend(b"\x87R");
    }

    /// `numpy.dtype(name)`, with the state of a type that has no fields.
    fn dtype(&mut self, name: &[u8], order: &[u8], flags: u8) {
        self.out.extend(b"cnumpy\ndtype\n");
        self.text(name);
        self.out.extend(b"K\x00K\x01\x87R(K\x03");
        self.text(order);
        self.out.extend(b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff");
        self.integer(i64::from(flags));
        self.out.extend(b"tb");
    }

    /// A string of characters.
    fn text(&mut self, text: &[u8]) {
        if self.protocol == 2 {
            return self.bytes(text);
        }
        self.out.push(b'X');
        self.out.extend((text.len() as u32).to_le_bytes());
        self.out.extend(text);
    }

    /// A `numpy.ndarray` of bytes with rows and columns.
    pub(super) fn byte_array(&mut self, bytes: &[u8], rows: usize, columns: usize) {
        self.empty_array();
        self.out.extend(b"(K\x01");
        self.integer(rows as i64);
        self.integer(columns as i64);
        self.out.push(0x86);
        self.dtype(b"u1", b"|", 0);
        self.out.push(0x89);
        self.bytes(bytes);
        self.out.extend(b"tb");
    }

    /// A `numpy.ndarray` of objects, which are lists of integers.
    pub(super) fn array_of_lists(&mut self, lists: &[Vec<i64>]) {
        self.empty_array();
        self.out.extend(b"(K\x01");
        self.integer(lists.len() as i64);
        self.out.push(0x85);
        self.dtype(b"O8", b"|", 63);
        self.out.push(0x89);
        self.list(lists.iter(), |pickler, list| {
            pickler.integers(list.iter().copied())
        });
        self.out.extend(b"tb");
    }
}

//! Writes HDF5 files: groups in groups, float tensors, and each group's attribute `name`.
//!
//! The part of the format that this takes: superblock 0, object headers of version 1 that list their
//! links, contiguous datasets, and one global heap for the names. See "HDF5 File Format
//! Specification Version 3.0"; its sections are named below.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use super::super::container::in_pieces;

/// An address that leads nowhere.
const UNDEFINED: u64 = u64::MAX;
const SUPERBLOCK_LENGTH: u64 = 96;
/// The smallest heap that the format allows.
const SMALLEST_HEAP: usize = 4096;

// Types of header messages (IV.A.2).
const DATASPACE: u16 = 0x01;
const LINK_INFO: u16 = 0x02;
const DATATYPE: u16 = 0x03;
const FILL_VALUE: u16 = 0x05;
const LINK: u16 = 0x06;
const LAYOUT: u16 = 0x08;
const GROUP_INFO: u16 = 0x0a;
const ATTRIBUTE: u16 = 0x0c;

/// A group to write, with all that is in it.
#[derive(Debug, Default)]
pub(in crate::models::saving) struct Group<'a> {
    /// The attribute `name`.
    pub(in crate::models::saving) name: Option<String>,
    pub(in crate::models::saving) groups: BTreeMap<String, Group<'a>>,
    pub(in crate::models::saving) datasets: BTreeMap<String, Dataset<'a>>,
}

/// Numbers to write.
#[derive(Debug)]
pub(in crate::models::saving) enum Dataset<'a> {
    /// A float32 tensor and its shape.
    Floats(Cow<'a, [f32]>, Vec<usize>),
    /// One int32.
    Whole(i32),
}

impl<'a> Group<'a> {
    /// The group at `path` below this one, made where it is missing.
    pub(in crate::models::saving) fn at(&mut self, path: &str) -> &mut Group<'a> {
        path.split('/').fold(self, |group, name| {
            group.groups.entry(name.to_owned()).or_default()
        })
    }
}

impl Dataset<'_> {
    fn shape(&self) -> &[usize] {
        match self {
            Dataset::Floats(_, shape) => shape,
            Dataset::Whole(_) => &[],
        }
    }

    /// The length of its numbers in bytes.
    fn length(&self) -> u64 {
        match self {
            Dataset::Floats(numbers, _) => size_of_val::<[f32]>(numbers) as u64,
            Dataset::Whole(_) => size_of::<i32>() as u64,
        }
    }
}

/// What has a header of its own.
enum Object<'a> {
    Group {
        /// Which of the heap's texts the attribute `name` is, counted from 1, and its length.
        name: Option<(u32, u32)>,
        /// The name and the object of each link.
        links: Vec<(&'a str, usize)>,
    },
    Dataset(&'a Dataset<'a>),
}

/// Where things stand in the file.
struct Addresses {
    headers: Vec<u64>,
    heap: u64,
    /// The numbers of each object that has some.
    numbers: Vec<u64>,
}

/// Writes a file whose root is `root`.
pub(in crate::models::saving) fn write(root: &Group<'_>, out: &mut impl Write) -> io::Result<()> {
    let mut objects = Vec::new();
    let mut texts = Vec::new();
    flatten(root, &mut objects, &mut texts)?;
    let heap = heap(&texts)?;

    let nowhere = Addresses {
        headers: vec![0; objects.len()],
        heap: 0,
        numbers: vec![0; objects.len()],
    };
    let mut end = SUPERBLOCK_LENGTH;
    let mut place = |length: u64| {
        let start = end;
        end += length.next_multiple_of(8);
        start
    };
    let mut addresses = Addresses {
        headers: Vec::with_capacity(objects.len()),
        heap: 0,
        numbers: Vec::with_capacity(objects.len()),
    };
    for object in 0..objects.len() {
        let length = header(&objects, object, &nowhere)?.len();
        addresses.headers.push(place(length as u64));
    }
    addresses.heap = place(heap.len() as u64);
    for object in &objects {
        addresses.numbers.push(match object {
            Object::Dataset(dataset) if dataset.length() > 0 => place(dataset.length()),
            _ => UNDEFINED,
        });
    }

    out.write_all(&superblock(addresses.headers[0], end))?;
    for object in 0..objects.len() {
        out.write_all(&header(&objects, object, &addresses)?)?;
    }
    out.write_all(&heap)?;
    for object in &objects {
        let Object::Dataset(dataset) = object else {
            continue;
        };
        match dataset {
            Dataset::Floats(numbers, _) => in_pieces(numbers, |bytes| out.write_all(bytes))?,
            Dataset::Whole(number) => out.write_all(&number.to_le_bytes())?,
        }
        let rest = dataset.length().next_multiple_of(8) - dataset.length();
        out.write_all(&[0; 8][..rest as usize])?;
    }
    Ok(())
}

/// Lists a group and all below it, itself first, and the texts of their attributes. Returns which of
/// the objects it is.
fn flatten<'a>(
    group: &'a Group<'a>,
    objects: &mut Vec<Object<'a>>,
    texts: &mut Vec<&'a str>,
) -> io::Result<usize> {
    let own = objects.len();
    let name = match &group.name {
        Some(name) => {
            texts.push(name);
            Some((number(texts.len())?, number(name.len())?))
        }
        None => None,
    };
    objects.push(Object::Group {
        name,
        links: Vec::new(),
    });
    let mut all = Vec::with_capacity(group.groups.len() + group.datasets.len());
    for (name, inner) in &group.groups {
        all.push((name.as_str(), flatten(inner, objects, texts)?));
    }
    for (name, dataset) in &group.datasets {
        all.push((name.as_str(), objects.len()));
        objects.push(Object::Dataset(dataset));
    }
    if let Object::Group { links, .. } = &mut objects[own] {
        *links = all;
    }
    Ok(own)
}

/// The file's first bytes (II.A).
fn superblock(root: u64, end: u64) -> Vec<u8> {
    let mut bytes = b"\x89HDF\r\n\x1a\n".to_vec();
    // Versions of the superblock and its parts; sizes of addresses and lengths.
    bytes.extend([0, 0, 0, 0, 0, 8, 8, 0]);
    // How many links the nodes of trees hold, of which there are none; flags.
    bytes.extend([4, 0, 16, 0, 0, 0, 0, 0]);
    for address in [0, UNDEFINED, end, UNDEFINED] {
        bytes.extend(u64::to_le_bytes(address));
    }
    // The root group's entry (III.C): its name has no text, its header is at `root`.
    bytes.extend(u64::to_le_bytes(0));
    bytes.extend(root.to_le_bytes());
    bytes.resize(SUPERBLOCK_LENGTH as usize, 0);
    bytes
}

/// The header of an object, version 1 (IV.A.1.a).
fn header(objects: &[Object<'_>], which: usize, addresses: &Addresses) -> io::Result<Vec<u8>> {
    let mut messages: Vec<(u16, Vec<u8>)> = Vec::new();
    match &objects[which] {
        Object::Group { name, links } => {
            let mut info = vec![0, 0];
            info.extend(UNDEFINED.to_le_bytes());
            info.extend(UNDEFINED.to_le_bytes());
            messages.push((LINK_INFO, info));
            messages.push((GROUP_INFO, vec![0, 0]));
            if let Some((index, length)) = name {
                messages.push((ATTRIBUTE, name_attribute(addresses.heap, *index, *length)));
            }
            for (name, object) in links {
                messages.push((LINK, link(name, addresses.headers[*object])?));
            }
        }
        Object::Dataset(dataset) => {
            messages.push((DATASPACE, dataspace(dataset.shape())));
            messages.push((DATATYPE, datatype(dataset)));
            // The default fill value, which nothing is left for.
            messages.push((FILL_VALUE, vec![2, 2, 2, 1, 0, 0, 0, 0]));
            let mut layout = vec![3, 1];
            layout.extend(addresses.numbers[which].to_le_bytes());
            layout.extend(dataset.length().to_le_bytes());
            messages.push((LAYOUT, layout));
        }
    }
    let count = u16::try_from(messages.len()).map_err(|_| io::Error::other("too many entries"))?;
    let mut body = Vec::new();
    for (kind, mut message) in messages {
        message.resize(message.len().next_multiple_of(8), 0);
        let length = u16::try_from(message.len());
        let length = length.map_err(|_| io::Error::other("a name is too long"))?;
        body.extend(kind.to_le_bytes());
        body.extend(length.to_le_bytes());
        body.extend([0; 4]);
        body.extend(message);
    }
    let mut bytes = vec![1, 0];
    bytes.extend(count.to_le_bytes());
    bytes.extend(u32::to_le_bytes(1));
    bytes.extend(number(body.len())?.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(body);
    Ok(bytes)
}

/// A hard link (IV.A.2.g), its name in UTF-8.
fn link(name: &str, address: u64) -> io::Result<Vec<u8>> {
    let length = u16::try_from(name.len()).map_err(|_| io::Error::other("a name is too long"))?;
    // The length has two bytes, and there is a character set.
    let mut bytes = vec![1, 0x11, 1];
    bytes.extend(length.to_le_bytes());
    bytes.extend(name.as_bytes());
    bytes.extend(address.to_le_bytes());
    Ok(bytes)
}

/// A dataspace of version 2 (IV.A.2.b): a scalar, or an array of that shape.
fn dataspace(shape: &[usize]) -> Vec<u8> {
    let mut bytes = vec![2, shape.len() as u8, 0, u8::from(!shape.is_empty())];
    for size in shape {
        bytes.extend((*size as u64).to_le_bytes());
    }
    bytes
}

/// The type of the numbers (IV.A.2.d).
fn datatype(dataset: &Dataset<'_>) -> Vec<u8> {
    match dataset {
        Dataset::Floats(..) => vec![
            0x11, 0x20, 31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0,
        ],
        Dataset::Whole(_) => vec![0x10, 0x08, 0, 0, 4, 0, 0, 0, 0, 0, 32, 0],
    }
}

/// The attribute `name` of a group (IV.A.2.m): a text of any length, which is in the heap.
fn name_attribute(heap: u64, index: u32, length: u32) -> Vec<u8> {
    const NAME: &[u8] = b"name\0";
    /// A text of any length in UTF-8, of single bytes.
    const TEXT: &[u8] = &[
        0x19, 0x01, 0x01, 0, 16, 0, 0, 0, 0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0,
    ];
    let scalar = dataspace(&[]);
    let mut bytes = vec![3, 0];
    for length in [NAME.len(), TEXT.len(), scalar.len()] {
        bytes.extend((length as u16).to_le_bytes());
    }
    bytes.push(0);
    bytes.extend(NAME);
    bytes.extend(TEXT);
    bytes.extend(scalar);
    bytes.extend(length.to_le_bytes());
    bytes.extend(heap.to_le_bytes());
    bytes.extend(index.to_le_bytes());
    bytes
}

/// The heap of all texts (III.E); nothing where there are none.
fn heap(texts: &[&str]) -> io::Result<Vec<u8>> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let mut bytes = b"GCOL\x01\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    for (i, text) in texts.iter().enumerate() {
        let index = u16::try_from(i + 1).map_err(|_| io::Error::other("too many groups"))?;
        bytes.extend(index.to_le_bytes());
        bytes.extend([0; 6]);
        bytes.extend((text.len() as u64).to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(8), 0);
    }
    // What is left is an object of its own, with the number 0 and the length of all of it.
    let used = bytes.len();
    let length = (used + 16).max(SMALLEST_HEAP);
    bytes.resize(length, 0);
    bytes[used + 8..used + 16].copy_from_slice(&((length - used) as u64).to_le_bytes());
    bytes[8..16].copy_from_slice(&(length as u64).to_le_bytes());
    Ok(bytes)
}

fn number(length: usize) -> io::Result<u32> {
    u32::try_from(length).map_err(|_| io::Error::other("a part is too long for the format"))
}

//! Protocol buffers, as far as ONNX files and TensorBoard's events need them: a message is a list of numbered fields, each a
//! number, a float, or bytes with their length.

/// A message that is being written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message(Vec<u8>);

/// How the value of a field is written.
#[derive(Clone, Copy)]
enum Wire {
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn key(&mut self, field: u32, wire: Wire) {
        self.varint(u64::from(field) << 3 | wire as u64);
    }

    /// A field with a whole number; negative ones are written as those of 64 bits.
    pub(crate) fn int(&mut self, field: u32, value: i64) {
        self.key(field, Wire::Varint);
        self.varint(value as u64);
    }

    /// A field with a float.
    pub(crate) fn float(&mut self, field: u32, value: f32) {
        self.key(field, Wire::Fixed32);
        self.0.extend(value.to_le_bytes());
    }

    /// A field with a float of 64 bits.
    pub(crate) fn double(&mut self, field: u32, value: f64) {
        self.key(field, Wire::Fixed64);
        self.0.extend(value.to_le_bytes());
    }

    /// A field with bytes, or a text.
    pub(crate) fn bytes(&mut self, field: u32, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        self.key(field, Wire::Bytes);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    /// A field with a message.
    pub(crate) fn message(&mut self, field: u32, value: &Message) {
        self.bytes(field, &value.0);
    }

    /// A field with many whole numbers, together.
    pub(crate) fn ints(&mut self, field: u32, values: &[i64]) {
        let mut packed = Message::default();
        values.iter().for_each(|&value| packed.varint(value as u64));
        self.message(field, &packed);
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Message;

    /// The examples of the encoding's documentation.
    #[test]
    fn fields_are_written_as_documented() {
        let mut message = Message::default();
        message.int(1, 150);
        assert_eq!(message.into_bytes(), [0x08, 0x96, 0x01]);

        let mut message = Message::default();
        message.bytes(2, "testing");
        assert_eq!(message.into_bytes(), b"\x12\x07testing");

        let mut message = Message::default();
        message.ints(6, &[3, 270, 86942]);
        let expected = [0x32, 0x06, 0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05];
        assert_eq!(message.into_bytes(), expected);

        let mut message = Message::default();
        message.int(1, -2);
        let mut expected = vec![0x08, 0xfe];
        expected.extend([0xff; 8]);
        expected.push(0x01);
        assert_eq!(message.into_bytes(), expected);
    }
}

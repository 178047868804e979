//! Parts of the kernel that need no kernel.

use kerust_kernel::positions::{byte_offset, code_points};
use kerust_kernel::protocol::message::Message;
use kerust_kernel::protocol::wire::{DELIMITER, Signer, WireError, decode, encode};
use kerust_kernel::source::{Completeness, completeness};
use serde_json::json;

#[test]
fn the_signature_is_hmac_sha256() {
    // The second test case of RFC 4231.
    let signer = Signer::new("Jefe");
    let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert_eq!(
        signer.sign(&[b"what do ya ", b"want for ", b"nothing?"]),
        expected
    );
    assert!(signer.verify(&[b"what do ya want for nothing?"], expected.as_bytes()));
    assert!(!signer.verify(&[b"what do ya want for nothing!"], expected.as_bytes()));
    assert!(!signer.verify(&[b"what do ya want for nothing?"], b"5bdc"));
    assert!(!signer.verify(&[b"what do ya want for nothing?"], b"no hexadecimal number"));
}

#[test]
fn messages_survive_the_wire() {
    let signer = Signer::new("key");
    let mut message = Message::new(
        "session",
        "stream",
        json!({ "msg_id": "parent" }),
        json!({
            "name": "stdout",
            "text": "héllo\n",
        }),
    );
    message.identities = vec![b"client".to_vec()];
    message.buffers = vec![vec![0, 1, 2]];
    let decoded = decode(encode(&message, &signer), &signer).unwrap();
    assert_eq!(decoded.identities, message.identities);
    assert_eq!(decoded.msg_type(), "stream");
    assert_eq!(decoded.parent_id(), "parent");
    assert_eq!(decoded.content, message.content);
    assert_eq!(decoded.buffers, message.buffers);
    let forged = decode(encode(&message, &Signer::new("other")), &signer);
    assert_eq!(forged.unwrap_err(), WireError::BadSignature);
    let unsigned = Signer::new("");
    assert!(decode(encode(&message, &unsigned), &unsigned).is_ok());
}

#[test]
fn frames_that_are_no_message_are_refused() {
    let signer = Signer::new("");
    assert_eq!(decode(vec![], &signer).unwrap_err(), WireError::NoDelimiter);
    let frames = |parts: &[&str]| {
        let mut frames = vec![DELIMITER.to_vec()];
        frames.extend(parts.iter().map(|part| part.as_bytes().to_vec()));
        frames
    };
    assert_eq!(
        decode(frames(&["", "{}", "{}", "{}"]), &signer).unwrap_err(),
        WireError::TooFewFrames
    );
    assert_eq!(
        decode(frames(&["", "{}", "{}", "{}", "[1]"]), &signer).unwrap_err(),
        WireError::NotAnObject("content")
    );
    assert_eq!(
        decode(frames(&["", "{", "{}", "{}", "{}"]), &signer).unwrap_err(),
        WireError::NotAnObject("header")
    );
}

#[test]
fn positions_count_code_points() {
    let text = "a√Ω😀z";
    for (points, bytes) in [(0, 0), (1, 1), (2, 4), (3, 6), (4, 10), (5, 11), (99, 11)] {
        assert_eq!(byte_offset(text, points), bytes, "code point {points}");
    }
    for (bytes, points) in [
        (0, 0),
        (1, 1),
        (2, 1),
        (4, 2),
        (6, 3),
        (9, 3),
        (10, 4),
        (11, 5),
    ] {
        assert_eq!(code_points(text, bytes), points, "byte {bytes}");
    }
}

#[test]
fn completeness_follows_the_brackets() {
    let complete = [
        "",
        "1",
        "let x = 1;",
        "println!(\"x {{\");",
        "fn f() {}",
        "let c = '{';",
        "// {",
        "/* { */ 1",
        "let s = r#\"{\"#;",
        ":dep serde = { version = \"1\" }",
        "x?",
        "let 名 = \"一\";",
    ];
    for code in complete {
        assert_eq!(completeness(code), Completeness::Complete, "{code}");
    }
    let incomplete = [
        ("fn f() {", 4),
        ("let v = vec![", 4),
        ("f(|x| {\n", 8),
        ("let x =", 0),
        ("foo.", 0),
        ("let s = \"open", 0),
        ("let s = r#\"open\"", 0),
        ("/* open", 0),
        ("fn foo(", 4),
        ("1 +", 0),
    ];
    for (code, spaces) in incomplete {
        let indent = " ".repeat(spaces);
        assert_eq!(
            completeness(code),
            Completeness::Incomplete { indent },
            "{code}"
        );
    }
    for code in ["fn f) {", "}", "(]", "let x = 1;)"] {
        assert_eq!(completeness(code), Completeness::Invalid, "{code}");
    }
}

//! Picture files: what comes back, what is shown, what is refused.

use std::time::{Duration, Instant};

use kerust::prelude::*;
use kerust::preprocessing::image::{
    ArrayToImg, Image, LoadImg, SaveImg, array_to_img_with, load_img_with, save_img_with,
    smart_resize,
};

use super::{fails, scratch};
use crate::fuzz::cut;
use crate::golden::file;

fn as_it_is() -> SaveImg {
    SaveImg {
        scale: false,
        ..SaveImg::default()
    }
}

fn noise(shape: (usize, usize, usize)) -> Tensor {
    Tensor::random_uniform(shape, 0.0, 255.99).astype(DType::Uint8)
}

fn load(path: &std::path::Path, color_mode: &str) -> Result<Image> {
    load_img_with(
        path,
        LoadImg {
            color_mode: color_mode.into(),
            ..LoadImg::default()
        },
    )
}

#[test]
fn pictures_come_back() -> Result<()> {
    let (folder, _) = scratch("");
    for (name, channels, color_mode) in [
        ("x.png", 3, "rgb"),
        ("x.png", 4, "rgba"),
        ("x.png", 1, "grayscale"),
        ("x.bmp", 3, "rgb"),
        ("x.BMP", 1, "grayscale"),
    ] {
        let path = folder.path().join(name);
        let x = noise((9, 7, channels));
        save_img_with(&path, &x, as_it_is())?;
        let image = load(&path, color_mode)?;
        assert_eq!(image.pixels(), &x, "{name} {channels}");
        assert_eq!(image.size(), (7, 9));
    }
    let path = folder.path().join("deep.png");
    let deep = Tensor::from_vec(vec![0, 255, 256, 65_535], (2, 2, 1))?;
    save_img_with(&path, &deep, as_it_is())?;
    assert_eq!(load(&path, "grayscale")?.pixels(), &deep);
    assert_eq!(load(&path, "rgb")?.pixels().dtype(), DType::Uint8);
    // Formats that lose something.
    let smooth: Vec<f32> = (0..32 * 32 * 3).map(|i| (i / 96) as f32 * 8.0).collect();
    let smooth = Tensor::from_vec(smooth, (32, 32, 3))?;
    for name in ["x.jpg", "x.jpeg", "x.gif"] {
        let path = folder.path().join(name);
        save_img_with(&path, &smooth, as_it_is())?;
        let difference = (img_to_array(&load_img(&path)?) - &smooth).to_vec::<f32>();
        let mean = difference.iter().map(|d| d.abs()).sum::<f32>() / difference.len() as f32;
        assert!(mean < 3.0, "{name}: {mean}");
    }
    // A file format may have any name; opacity is left out of JPEG.
    let path = folder.path().join("picture");
    save_img_with(
        &path,
        &noise((5, 5, 4)),
        SaveImg {
            file_format: Some("jpg".into()),
            ..as_it_is()
        },
    )?;
    assert_eq!(load_img(&path)?.pixels().shape(), (5, 5, 3));
    Ok(())
}

#[test]
fn pictures_show_themselves() -> Result<()> {
    let image = array_to_img(&Tensor::random_uniform((20, 30, 3), 0.0, 1.0))?;
    assert_eq!(format!("{image:?}"), "<Image Rgb, 30x20>");
    let bundle = image.bundle();
    assert!(bundle.get("image/png").is_some() && bundle.get("text/html").is_some());
    // A photograph is shown smaller than it is, a very flat picture with at least a line.
    for shape in [(1500, 2000, 3), (3, 4000, 1)] {
        let large = array_to_img(&Tensor::zeros(shape))?;
        let bundle = large.bundle();
        let html = bundle.get("text/html").expect("a page");
        assert!(html.contains("width=\"640\""), "{}", &html[..200]);
    }
    let deep = Tensor::from_vec(vec![0, 65_535], (1, 2, 1))?;
    let deep = array_to_img_with(&deep, ArrayToImg { scale: false })?;
    assert!(deep.bundle().get("image/png").is_some());
    Ok(())
}

#[test]
fn mistakes_are_told() -> Result<()> {
    let (folder, path) = scratch("x.png");
    fails(
        array_to_img(&Tensor::zeros((4, 8, 8, 3))),
        &["`array_to_img`", "(4, 8, 8, 3)", "x.index(i)?"],
    );
    fails(
        array_to_img(&Tensor::zeros((0, 8, 3))),
        &["expected a picture of shape"],
    );
    fails(
        save_img(folder.path().join("x.tiff"), &Tensor::zeros((8, 8, 3))),
        &["png, jpeg, bmp and gif", "`tiff`"],
    );
    let deep = Tensor::full((2, 2, 1), 300.0);
    fails(
        save_img_with(folder.path().join("x.jpg"), &deep, as_it_is()),
        &["numbers from 0 to 255", ".png"],
    );
    save_img(&path, &noise((9, 7, 3)))?;
    fails(
        load(&path, "gray"),
        &["unknown color_mode `gray`", "did you mean `grayscale`?"],
    );
    let with = |how: LoadImg| load_img_with(&path, how);
    fails(
        with(LoadImg {
            interpolation: "cubic".into(),
            ..LoadImg::default()
        }),
        &["unknown interpolation `cubic`", "did you mean `bicubic`?"],
    );
    for size in [(0, 3), (3, 0), (usize::MAX, 2)] {
        fails(
            with(LoadImg {
                target_size: Some(size),
                ..LoadImg::default()
            }),
            &["argument `target_size`"],
        );
    }
    let flat = LoadImg {
        target_size: Some((1, 1000)),
        keep_aspect_ratio: true,
        ..LoadImg::default()
    };
    fails(with(flat), &["argument `target_size`", "keep_aspect_ratio"]);
    fails(
        smart_resize(&Tensor::zeros((8, 8)), (4, 4)),
        &["`smart_resize`", "got (8, 8)"],
    );
    fails(
        smart_resize(&Tensor::zeros((8, 8, 3)), (0, 4)),
        &["argument `size`"],
    );
    Ok(())
}

/// Cuts a file everywhere: each time an error or the picture, of which nothing is lost but what
/// stands behind it. Returns how many bytes that are.
fn cut_everywhere(path: &std::path::Path) -> usize {
    let whole = std::fs::read(path).expect("a file");
    let picture = load(path, "rgba").expect("it is whole");
    let mut least = whole.len();
    cut(path, |length| match load(path, "rgba") {
        Ok(part) => {
            let what = format!("{} cut to {length}", path.display());
            assert_eq!(part.pixels(), picture.pixels(), "{what}");
            assert_eq!(least, length + 1, "{what}");
            least = length;
        }
        Err(error) => assert!(error.to_string().contains("help: "), "{error}"),
    });
    let lost = whole.len() - least;
    let longer = [&whole[..], b"and more"].concat();
    std::fs::write(path, longer).expect("a file");
    let longer = load(path, "rgba").expect("what stands behind it does not matter");
    assert_eq!(longer.pixels(), picture.pixels());
    lost
}

#[test]
fn pictures_that_are_cut_anywhere_are_refused_or_whole() -> Result<()> {
    let (folder, _) = scratch("");
    for (name, behind) in [
        ("x.jpg", 0),
        ("gray.jpg", 0),
        // The check of its numbers, and the last part.
        ("x.png", 16),
        // The ends of its numbers, of their blocks, and of the file.
        ("x.gif", 3),
        ("x.bmp", 0),
    ] {
        let path = folder.path().join(name);
        let channels = if name == "gray.jpg" { 1 } else { 3 };
        save_img_with(&path, &noise((19, 17, channels)), as_it_is())?;
        let lost = cut_everywhere(&path);
        assert!(
            lost <= behind,
            "{name} is read without its last {lost} bytes"
        );
    }
    // Those that Pillow wrote.
    for name in [
        "smooth.jpg",
        "smooth_gray.jpg",
        "rgb.png",
        "palette.gif",
        "rgb.bmp",
    ] {
        let path = folder.path().join(name);
        std::fs::copy(file("files/pictures").join(name), &path).expect("a file");
        cut_everywhere(&path);
    }
    Ok(())
}

#[test]
fn a_thumbnail_within_a_jpeg_does_not_end_it() -> Result<()> {
    let (_folder, path) = scratch("x.jpg");
    save_img_with(&path, &noise((8, 8, 3)), as_it_is())?;
    let thumbnail = std::fs::read(&path).expect("a file");
    save_img_with(&path, &noise((19, 17, 3)), as_it_is())?;
    let plain = std::fs::read(&path).expect("a file");
    let pixels = load(&path, "rgb")?;
    // As cameras do it: a segment for applications, with another JPEG in it.
    let mut bytes = plain[..2].to_vec();
    bytes.extend(b"\xff\xe1");
    bytes.extend((2 + 6 + thumbnail.len() as u16).to_be_bytes());
    bytes.extend(b"Exif\0\0");
    bytes.extend(&thumbnail);
    bytes.extend(&plain[2..]);
    std::fs::write(&path, &bytes).expect("a file");
    assert_eq!(load(&path, "rgb")?.pixels(), pixels.pixels());
    for lost in [1, 2, 3, 50, plain.len() - 2] {
        std::fs::write(&path, &bytes[..bytes.len() - lost]).expect("a file");
        fails(load(&path, "rgb"), &["it ends too early", "another copy"]);
    }
    Ok(())
}

#[test]
fn files_that_are_no_pictures_are_refused() -> Result<()> {
    let (_folder, path) = scratch("x.png");
    for bytes in [
        &b""[..],
        b"no picture",
        b"\x93NUMPY\x01\0",
        b"RIFF\0\0\0\0WEBPVP8 ",
    ] {
        std::fs::write(&path, bytes).expect("a file");
        fails(load_img(&path), &["`load_img`: `", "help: "]);
    }
    // Headers that promise enormous pictures: of BMP, where nothing guards them, and of PNG.
    for (width, height) in [
        (60_000u32, 60_000u32),
        (13_000, 13_000),
        (1, 150_000_000),
        (u32::MAX >> 1, 1),
    ] {
        let mut bmp = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
        bmp.extend(width.to_le_bytes());
        bmp.extend(height.to_le_bytes());
        bmp.extend(b"\x01\0\x18\0");
        bmp.extend([0; 100]);
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        png.extend(width.to_be_bytes());
        png.extend(height.to_be_bytes());
        png.extend(b"\x08\x02\0\0\0");
        let mut checksum = flate2::Crc::new();
        checksum.update(&png[12..]);
        png.extend(checksum.sum().to_be_bytes());
        png.extend(b"\0\0\0\x04IDATabcd\0\0\0\0");
        for bytes in [bmp, png] {
            let begun = Instant::now();
            std::fs::write(&path, bytes).expect("a file");
            assert!(load_img(&path).is_err(), "{width} x {height}");
            assert!(
                begun.elapsed() < Duration::from_secs(5),
                "{width} x {height}"
            );
        }
    }
    Ok(())
}

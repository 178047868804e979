"""Pictures: what `load_img` makes of files, `array_to_img` of arrays, and `smart_resize`."""

import struct
import zlib

import numpy as np
from keras import utils
from keras.preprocessing.image import smart_resize
from PIL import Image

from golden_file import FOLDER, generator, normal

FILES = FOLDER / "files/pictures"
HEIGHT, WIDTH = 13, 11
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos", "box", "hamming")


def noise(name, *channels):
    """Bytes of a picture."""
    return generator(name).integers(0, 256, (HEIGHT, WIDTH, *channels)).astype(np.uint8)


def smooth():
    """A picture that is not the worst for a format that loses something."""
    rows, columns = np.mgrid[0 : 4 * HEIGHT, 0 : 4 * WIDTH].astype(np.float64)
    channels = [np.sin(rows / 9), np.cos(columns / 7), np.sin((rows + columns) / 11)]
    return ((np.stack(channels, -1) + 1) * 127.5).astype(np.uint8)


def deep_png(pixels):
    """A PNG file of 16 bits for each color, which Pillow reads and does not write."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width, channels = pixels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    about = struct.pack(">IIBBBBB", width, height, 16, {3: 2, 4: 6}[channels], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", about) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def write_files():
    """Pictures of all kinds, as Pillow writes them."""
    FILES.mkdir(exist_ok=True)
    rgb = Image.fromarray(noise("rgb", 3))
    rgb.save(FILES / "rgb.png")
    rgb.save(FILES / "rgb.bmp")
    Image.fromarray(noise("gray")).save(FILES / "gray.png")
    Image.fromarray(noise("gray") > 127).save(FILES / "one_bit.png")
    Image.fromarray(noise("gray").astype(np.uint16) * 257).save(FILES / "gray16.png")
    deep = generator("deep").integers(0, 65536, (5, 4, 4))
    (FILES / "rgb16.png").write_bytes(deep_png(deep[:, :, :3]))
    (FILES / "opacity16.png").write_bytes(deep_png(deep))
    Image.fromarray(noise("opacity", 4)).save(FILES / "opacity.png")
    Image.fromarray(noise("gray_opacity", 2), "LA").save(FILES / "gray_opacity.png")
    palette = rgb.quantize(12)
    palette.save(FILES / "palette.png", transparency=3)
    palette.save(FILES / "palette.gif")
    Image.fromarray(smooth()).save(FILES / "smooth.jpg", quality=90)
    Image.fromarray(smooth()[:, :, 0]).save(FILES / "smooth_gray.jpg", quality=90)


def load_case(tensors, file, **arguments):
    """A file and the array of it."""
    words = [str(v).replace(" ", "") for v in arguments.values()]
    name = "_".join(["load_img", file, *words])
    image = utils.load_img(FILES / file, **arguments)
    return {
        "name": name,
        "kind": "load_img",
        "file": file,
        "arguments": arguments,
        "output": tensors.add(f"{name}/output", utils.img_to_array(image).astype(np.int32)),
    }


def load_cases(tensors):
    """Every kind of file in every color, and every way to another size."""
    for path in sorted(FILES.iterdir()):
        for color_mode in ("grayscale", "rgb", "rgba"):
            if path.name == "gray16.png" and color_mode != "grayscale":
                continue  # Pillow clips to 255 what it does not convert.
            yield load_case(tensors, path.name, color_mode=color_mode)
    for file, color_mode in [("rgb.png", "rgb"), ("opacity.png", "rgba"), ("gray.png", "grayscale")]:
        for interpolation in INTERPOLATIONS:
            for size in [(5, 6), (17, 14), (HEIGHT, 6), (4, WIDTH)]:
                if file != "rgb.png" and size[0] in (HEIGHT, 4):
                    continue
                yield load_case(tensors, file, color_mode=color_mode, target_size=size, interpolation=interpolation)
            yield load_case(
                tensors, file, color_mode=color_mode, target_size=(5, 9), interpolation=interpolation, keep_aspect_ratio=True
            )
    for interpolation in ("nearest", "bilinear"):
        yield load_case(tensors, "gray16.png", color_mode="grayscale", target_size=(5, 6), interpolation=interpolation)
    yield load_case(tensors, "rgb.png", target_size=(8, 3), keep_aspect_ratio=True)


def array_cases(tensors):
    """Arrays as pictures."""
    random = generator("arrays")
    for name, x, scale in [
        ("rgb", normal(random, 4, 3, 3), True),
        ("rgba", normal(random, 3, 2, 4, scale=100.0), True),
        ("gray", normal(random, 5, 4, 1), True),
        ("constant", np.full((2, 2, 3), 7.5, np.float32), True),
        ("zeros", np.zeros((2, 2, 1), np.float32), True),
        ("as_it_is", random.uniform(0, 255, (4, 3, 3)).astype(np.float32), False),
        ("deep", random.uniform(0, 60000, (4, 3, 1)).astype(np.float32), False),
    ]:
        name = f"array_to_img_{name}"
        image = utils.array_to_img(x, scale=scale)
        yield {
            "name": name,
            "kind": "array_to_img",
            "scale": scale,
            "input": tensors.add(f"{name}/input", x),
            "output": tensors.add(f"{name}/output", utils.img_to_array(image).astype(np.int32)),
        }


def smart_resize_cases(tensors):
    """Pictures of another size, not distorted."""
    random = generator("smart_resize")
    x = tensors.add("smart_resize/input", normal(random, 2, 9, 7, 2))
    for interpolation in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"):
        for size in [(5, 4), (4, 8), (12, 3), (15, 15)]:
            name = f"smart_resize_{interpolation}_{size[0]}_{size[1]}"
            output = smart_resize(tensors.arrays[x], size, interpolation=interpolation)
            yield {
                "name": name,
                "kind": "smart_resize",
                "size": size,
                "interpolation": interpolation,
                "input": x,
                "output": tensors.add(f"{name}/output", output),
            }


def image_cases(tensors):
    """All picture cases."""
    write_files()
    return [*load_cases(tensors), *array_cases(tensors), *smart_resize_cases(tensors)]

//! Weights, pictures and labels by the formula of `tests/golden/formula.py`: exactly the numbers
//! that Keras was given there.

use kerust::prelude::*;

/// Output number `index` of the SplitMix64 generator started at `seed`.
pub(crate) fn splitmix64(seed: u64, index: u64) -> u64 {
    let mut z = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Initial weights of the tutorial model: kernels by formula, biases zero.
pub(crate) fn initial_weights(shapes: &[Shape]) -> Vec<Tensor> {
    let kernel = |position: usize, shape: &Shape| {
        let (window, ends) = shape.split_at(shape.rank() - 2);
        let cells: usize = window.iter().product();
        let fans = (cells * ends[0] + cells * ends[1]) as f64;
        let limit = (6.0 / fans).sqrt() as f32;
        let seed = 1000 + position as u64;
        let unit = |i: usize| (splitmix64(seed, i as u64) >> 40) as f32 / (1u32 << 24) as f32;
        (0..shape.elements())
            .map(|i| limit * (2.0 * unit(i) - 1.0))
            .collect::<Vec<f32>>()
    };
    let weight = |(position, shape): (usize, &Shape)| match shape.rank() {
        0 | 1 => Tensor::zeros(shape),
        _ => Tensor::from_vec(kernel(position, shape), shape).expect("the sizes agree"),
    };
    shapes.iter().enumerate().map(weight).collect()
}

/// Pictures `start..stop` as bytes of shape (n, 32, 32, 3), and their labels of shape (n,).
pub(crate) fn pictures(start: u64, stop: u64) -> (Tensor, Tensor) {
    let mut bytes = Vec::new();
    let mut labels = Vec::new();
    for n in start..stop {
        let mut sums = [0u64; 12];
        for row in 0..32 {
            for column in 0..32 {
                for channel in 0..3 {
                    let block = (row / 16 * 2 + column / 16) * 3 + channel;
                    let base = splitmix64(2, n * 12 + block) >> 56;
                    let noise = splitmix64(1, ((n * 32 + row) * 32 + column) * 3 + channel) >> 56;
                    let byte = (3 * base + noise) >> 2;
                    sums[block as usize] += byte;
                    bytes.push(byte as u8);
                }
            }
        }
        let best = (1..10).fold(0, |best, i| if sums[i] > sums[best] { i } else { best });
        labels.push(best as i64);
    }
    let count = (stop - start) as usize;
    let x = Tensor::from_vec(bytes, (count, 32, 32, 3)).expect("the sizes agree");
    (x, Tensor::from_vec(labels, count).expect("the sizes agree"))
}

/// The model of the tutorial, not compiled.
pub(crate) fn tutorial_model() -> Result<Sequential> {
    let mut model = Sequential::new();
    model.add(
        Conv2D::new(32, (3, 3))
            .activation("relu")
            .input_shape((32, 32, 3)),
    )?;
    model.add(MaxPooling2D::new((2, 2)))?;
    model.add(Flatten::new())?;
    model.add(Dense::new(128).activation("relu"))?;
    model.add(Dense::new(10).activation("softmax"))?;
    Ok(model)
}

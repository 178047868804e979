//! Every chart with numbers like those of a real training, written into `target/tmp/gallery` as SVG
//! and as PNG, to be looked at.

use std::path::PathBuf;

use super::check::{checked, everything, readable};
use crate::datasets::cifar10::CLASS_NAMES as NAMES;
use crate::prelude::*;

/// One chart of each kind of mark; without optimization, PNG takes a while.
const AS_PNG: [&str; 4] = [
    "confusion_matrix_chinese",
    "histories",
    "prediction_grid",
    "embedding",
];
const CHINESE: [&str; 4] = ["飞机", "汽车", "鸟", "猫"];

/// Numbers that look drawn by chance, and are always the same.
struct Numbers(u64);

impl Numbers {
    /// From 0 to 1.
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }
}

fn run(epochs: usize, speed: f64, best: f64) -> History {
    let mut numbers = Numbers(7);
    let mut history = History::default();
    for epoch in 0..epochs {
        let left = (-speed * (epoch as f64 + 1.0)).exp();
        let noise = 0.03 * numbers.normal();
        let values = [
            ("accuracy", best - 0.6 * left),
            ("loss", 0.2 + 2.1 * left),
            (
                "val_accuracy",
                (best - 0.08 - 0.6 * left + 0.3 * noise).min(1.0),
            ),
            ("val_loss", 0.5 + 1.9 * left + 0.02 * epoch as f64 + noise),
        ];
        let values = values.map(|(name, value)| (name.to_string(), value));
        history.push(epoch, 1.5, &values);
    }
    history
}

/// Blobs of color on a ground.
fn pictures(count: usize, side: usize) -> Result<Tensor> {
    let mut numbers = Numbers(3);
    let mut values = Vec::new();
    for _ in 0..count {
        let (x, y) = (numbers.next() * side as f64, numbers.next() * side as f64);
        let (near, far) = (
            [0; 3].map(|_| numbers.next()),
            [0; 3].map(|_| numbers.next()),
        );
        for i in 0..side * side {
            let distance = ((i % side) as f64 - x).hypot((i / side) as f64 - y);
            let share = (-distance / (0.3 * side as f64)).exp();
            for channel in 0..3 {
                values.push((near[channel] * share + far[channel] * (1.0 - share)) as f32);
            }
        }
    }
    Tensor::from_vec(values, (count, side, side, 3))
}

/// Labels, and probabilities that are mostly right.
fn predictions(count: usize, classes: usize) -> Result<(Tensor, Tensor)> {
    let mut numbers = Numbers(11);
    let (mut labels, mut shares) = (Vec::new(), Vec::new());
    for i in 0..count {
        let label = i * 7 % classes;
        let mut scores: Vec<f64> = (0..classes).map(|_| 1.3 * numbers.normal()).collect();
        scores[label] += 2.4;
        scores[(label + 2) % classes] += 0.8;
        let sum: f64 = scores.iter().map(|score| score.exp()).sum();
        shares.extend(scores.iter().map(|score| (score.exp() / sum) as f32));
        labels.push(label);
    }
    let labels = Tensor::from_vec(labels, count)?;
    Ok((labels, Tensor::from_vec(shares, (count, classes))?))
}

fn convolutional() -> Result<Sequential> {
    let mut model = Sequential::named("cifar10");
    let first = Conv2D::new(32, (3, 3)).activation("relu").name("conv2d");
    model.add(first.input_shape((32, 32, 3)))?;
    model.add(MaxPooling2D::new((2, 2)).name("max_pooling2d"))?;
    model.add(Conv2D::new(24, (3, 3)).activation("relu").name("conv2d_1"))?;
    model.add(Flatten::new().name("flatten"))?;
    model.add(Dropout::new(0.5).name("dropout"))?;
    model.add(Dense::new(64).activation("relu").name("dense"))?;
    model.add(Dense::new(10).activation("softmax").name("dense_1"))?;
    Ok(model)
}

/// Two inputs, branches of different length, a model inside, two outputs.
fn branched() -> Result<Model> {
    let picture = Input::new((32, 32, 3)).name("picture");
    let words = Input::new(16).name("words");
    let inner_input = Input::new((32, 32, 3)).name("inner_input");
    let a = Conv2D::new(8, (3, 3))
        .padding("same")
        .activation("relu")
        .name("left");
    let b = Conv2D::new(8, (5, 5))
        .padding("same")
        .activation("relu")
        .name("right");
    let both = Concatenate::new().name("both");
    let both = both.on([&a.on(&inner_input)?, &b.on(&inner_input)?])?;
    let inner = Model::new(&inner_input, &both)?.named("inception");
    let x = inner.on(&picture)?;
    let x = GlobalAveragePooling2D::new().name("pool").on(&x)?;
    let x = Dense::new(16).activation("relu").name("features").on(&x)?;
    let sum = Add::new()
        .name("add")
        .on([&x, &Dense::new(16).name("words_dense").on(&words)?])?;
    let class = Dense::new(10)
        .activation("softmax")
        .name("class")
        .on(&sum)?;
    let score = Dense::new(1).activation("sigmoid").name("score").on(&sum)?;
    let inputs = [&picture, &words];
    Ok(Model::new(inputs, [&class, &score])?.named("branched"))
}

/// Blocks with a way round them, the second with a layer on that way.
fn residual() -> Result<Model> {
    let picture = Input::new((16, 16, 3)).name("picture");
    let mut x = Conv2D::new(8, (3, 3))
        .padding("same")
        .name("stem")
        .on(&picture)?;
    for block in 0..3 {
        let name = |part: &str| format!("block{block}_{part}");
        let first = Conv2D::new(8, (3, 3))
            .padding("same")
            .name(&name("conv1"))
            .on(&x)?;
        let first = BatchNormalization::new().name(&name("norm")).on(&first)?;
        let second = Conv2D::new(8, (3, 3))
            .padding("same")
            .name(&name("conv2"))
            .on(&first)?;
        let around = match block {
            1 => Conv2D::new(8, (1, 1)).name(&name("shortcut")).on(&x)?,
            _ => x.clone(),
        };
        x = Add::new().name(&name("add")).on([&second, &around])?;
    }
    let x = GlobalAveragePooling2D::new().name("pool").on(&x)?;
    let x = Dense::new(10).activation("softmax").name("class").on(&x)?;
    Ok(Model::new(&picture, &x)?.named("residual"))
}

/// Names and numbers that leave little room.
fn crowded_charts() -> Result<Vec<(&'static str, Figure)>> {
    let names: Vec<String> = (0..17)
        .map(|i| format!("class {i} with a name that is rather long"))
        .collect();
    let (y_true, y_pred) = predictions(3000, 17)?;
    let (many_true, many_pred) = predictions(3000, 60)?;
    let runs: Vec<History> = (0..9)
        .map(|i| run(200, 0.01 + 0.01 * f64::from(i), 0.95))
        .collect();
    let runs: Vec<(&str, &History)> = names.iter().map(String::as_str).zip(&runs).collect();
    let none: [&str; 0] = [];
    Ok(vec![
        (
            "crowded_confusion_matrix",
            plot::confusion_matrix(&y_true, &y_pred, &names, Default::default())?,
        ),
        (
            "crowded_roc_curve",
            plot::roc_curve(&y_true, &y_pred, &names)?,
        ),
        (
            "crowded_roc_curve_60",
            plot::roc_curve(&many_true, &many_pred, &none)?,
        ),
        ("crowded_histories", plot::histories(&runs)),
        ("crowded_class_counts", plot::class_counts(&y_true, &names)?),
        (
            "crowded_embedding",
            plot::embedding(&Tensor::random_normal((3000, 9), 0.0, 1.0), &y_true, &names)?,
        ),
    ])
}

fn model_charts() -> Result<Vec<(&'static str, Figure)>> {
    let model = convolutional()?;
    let pictures = pictures(8, 32)?;
    let sideways = plot::PlotModel {
        rankdir: "LR".into(),
        show_layer_names: true,
        ..Default::default()
    };
    let shapes = plot::PlotModel {
        show_shapes: true,
        show_layer_names: true,
        ..Default::default()
    };
    Ok(vec![
        ("weight_histograms", plot::weight_histograms(&model)?),
        (
            "activation_histograms",
            plot::activation_histograms(&model, &pictures)?,
        ),
        ("filters_in_color", plot::filters(&model, "conv2d")?),
        ("filters", plot::filters(&model, "conv2d_1")?),
        (
            "feature_maps",
            plot::feature_maps(&model, "conv2d", &pictures.index(0)?)?,
        ),
        ("plot_model", plot::plot_model(&model, shapes.clone())?),
        (
            "plot_model_branched",
            plot::plot_model(&branched()?, shapes.clone())?,
        ),
        (
            "plot_model_residual",
            plot::plot_model(&residual()?, shapes)?,
        ),
        (
            "plot_model_expanded",
            plot::plot_model(&branched()?, everything())?,
        ),
        (
            "plot_model_sideways",
            plot::plot_model(&branched()?, sideways)?,
        ),
    ])
}

fn prediction_charts() -> Result<Vec<(&'static str, Figure)>> {
    let none: [&str; 0] = [];
    let pictures = pictures(80, 32)?;
    let (y_true, y_pred) = predictions(600, 10)?;
    let first = y_pred.index(3)?;
    let known = plot::Probabilities {
        picture: Some(pictures.index(3)?),
        label: Some(y_true.get(3)?),
        top: 10,
    };
    let wrong = plot::Probabilities {
        label: Some((y_true.get(3)? + 1) % 10),
        ..Default::default()
    };
    let shares = plot::ConfusionMatrix {
        normalize: Some("true".into()),
    };
    let (two_true, two_pred) = predictions(400, 2)?;
    let (chinese_true, chinese_pred) = predictions(200, 4)?;
    let (many_true, many_pred) = predictions(20_000, 100)?;
    let y_80 = y_true.slice(0..80)?;
    Ok(vec![
        (
            "confusion_matrix",
            plot::confusion_matrix(&y_true, &y_pred, &NAMES, Default::default())?,
        ),
        (
            "confusion_matrix_shares",
            plot::confusion_matrix(&y_true, &y_pred, &NAMES, shares)?,
        ),
        (
            "confusion_matrix_two",
            plot::confusion_matrix(&two_true, &two_pred, &["no", "yes"], Default::default())?,
        ),
        (
            "confusion_matrix_chinese",
            plot::confusion_matrix(&chinese_true, &chinese_pred, &CHINESE, Default::default())?,
        ),
        (
            "confusion_matrix_many",
            plot::confusion_matrix(&many_true, &many_pred, &none, Default::default())?,
        ),
        (
            "image_grid",
            plot::image_grid(&pictures.slice(0..10)?, &NAMES)?,
        ),
        (
            "prediction_grid",
            plot::prediction_grid(
                &pictures.slice(0..12)?,
                &y_true.slice(0..12)?,
                &y_pred.slice(0..12)?,
                &NAMES,
            )?,
        ),
        ("probabilities", plot::probabilities(&first, &NAMES, known)?),
        (
            "probabilities_wrong",
            plot::probabilities(&first, &NAMES, wrong)?,
        ),
        ("roc_curve", plot::roc_curve(&y_true, &y_pred, &NAMES)?),
        (
            "roc_curve_two",
            plot::roc_curve(&two_true, &two_pred, &none)?,
        ),
        (
            "precision_recall_curve",
            plot::precision_recall_curve(&y_true, &y_pred, &NAMES)?,
        ),
        (
            "precision_recall_curve_two",
            plot::precision_recall_curve(&two_true, &two_pred, &none)?,
        ),
        (
            "class_samples",
            plot::class_samples(&pictures, &y_80, &NAMES, 7)?,
        ),
        ("class_counts", plot::class_counts(&y_true, &NAMES)?),
    ])
}

fn concept_charts() -> Result<Vec<(&'static str, Figure)>> {
    let (adam, sgd, slow) = (run(20, 0.35, 0.97), run(20, 0.18, 0.93), run(20, 0.09, 0.9));
    let runs = [("adam", &adam), ("sgd, momentum 0.9", &sgd), ("sgd", &slow)];
    let mut numbers = Numbers(5);
    let mut rows = Vec::new();
    for i in 0..600 {
        let center = (i % 4) as f64;
        rows.extend((0..16).map(|j| {
            let turn = center * 1.6 + f64::from(j % 2) * 1.57;
            3.0 * turn.cos() * f64::from(u8::from(j < 4)) + numbers.normal()
        }));
    }
    let rows = Tensor::from_vec(rows, (600, 16))?;
    let labels = Tensor::from_vec((0..600).map(|i| i % 4).collect(), 600)?;
    let probabilities = plot::LossCurves {
        y_true: 1.0,
        range: (0.0, 1.0),
    };
    let cosine = CosineDecay::new(0.1, 1000)
        .warmup_steps(100)
        .warmup_target(0.2);
    let exponential = ExponentialDecay::new(0.2, 100, 0.7).staircase(true);
    let losses = ["mse", "mae", "huber", "log_cosh"];
    Ok(vec![
        ("history", run(20, 0.3, 0.95).plot()),
        ("history_long", run(300, 0.02, 0.95).plot()),
        ("history_one_epoch", run(1, 0.3, 0.95).plot()),
        ("histories", plot::histories(&runs)),
        ("embedding", plot::embedding(&rows, &labels, &CHINESE)?),
        (
            "activation_curves",
            plot::activation_curves(&["relu", "gelu", "silu", "tanh"], Default::default())?,
        ),
        (
            "loss_curves",
            plot::loss_curves(&losses, Default::default())?,
        ),
        (
            "loss_curves_probability",
            plot::loss_curves(&["bce", "binary_focal_crossentropy"], probabilities)?,
        ),
        (
            "learning_rate",
            plot::learning_rate(&[("cosine", &cosine), ("exponential", &exponential)], 1000)?,
        ),
        ("loss_surface", loss_surface()?),
    ])
}

fn loss_surface() -> Result<Figure> {
    let slopes = |(x, y): (f64, f64)| {
        (
            -2.0 * (1.0 - x) - 400.0 * x * (y - x * x),
            200.0 * (y - x * x),
        )
    };
    let descend = |rate: f64, momentum: f64| {
        let (mut place, mut speed) = ((-1.5, 2.0), (0.0, 0.0));
        let mut path = vec![place];
        for _ in 0..600 {
            let slope = slopes(place);
            speed = (
                momentum * speed.0 - rate * slope.0,
                momentum * speed.1 - rate * slope.1,
            );
            place = (place.0 + speed.0, place.1 + speed.1);
            path.push(place);
        }
        path
    };
    let paths = vec![
        ("gradient descent".to_string(), descend(0.0008, 0.0)),
        ("with momentum".to_string(), descend(0.0003, 0.9)),
    ];
    plot::loss_surface(
        |x, y| (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2),
        plot::LossSurface {
            x: (-2.0, 2.0),
            y: (-1.0, 3.0),
            paths,
            ..Default::default()
        },
    )
}

#[test]
fn all_charts_can_be_read_and_saved() -> Result<()> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/tmp/gallery");
    std::fs::create_dir_all(&folder).expect("a folder for the charts");
    let charts = [
        prediction_charts()?,
        concept_charts()?,
        model_charts()?,
        crowded_charts()?,
    ];
    for (name, figure) in charts.into_iter().flatten() {
        // A large model is as wide as it is.
        let svg = match name.starts_with("plot_model") {
            true => readable(&figure),
            false => checked(&figure),
        };
        let pictures = svg.matches("<image").count();
        let most = 60_000 + 6_000 * pictures;
        assert!(svg.len() < most, "{name} has {} bytes", svg.len());
        figure.save(folder.join(format!("{name}.svg")))?;
        if !AS_PNG.contains(&name) {
            continue;
        }
        // Without a font for the letters there is no PNG, and an error that says so.
        if let Err(error) = figure.save(folder.join(format!("{name}.png"))) {
            assert!(error.to_string().contains("no font"), "{name}: {error}");
        }
    }
    Ok(())
}

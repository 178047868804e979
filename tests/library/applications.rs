//! Known architectures: as many weights as Keras's, and they learn.

use kerust::applications::{Mlp, MobileNet, ResNet, ResNet50, VGG16, Vgg};
use kerust::prelude::*;

#[test]
fn vgg16_has_the_weights_and_names_of_keras() -> Result<()> {
    let model = VGG16 {
        include_top: true,
        ..VGG16::default()
    }
    .build()?;
    assert_eq!(model.count_params()?, 138_357_544);
    let names: Vec<String> = model
        .summary()
        .rows
        .iter()
        .map(|row| row.name.clone())
        .collect();
    for name in [
        "block1_conv1",
        "block3_conv3",
        "block5_pool",
        "fc2",
        "predictions",
    ] {
        assert!(
            names.iter().any(|n| n == name),
            "{name} is not in {names:?}"
        );
    }
    Ok(())
}

#[test]
fn small_architectures_train() -> Result<()> {
    let small = Vgg {
        input_shape: (8, 8, 3).into(),
        filters: vec![4, 8],
        classes: 3,
        ..Vgg::default()
    };
    let mlp = Mlp {
        input_shape: (8, 8, 3).into(),
        units: vec![8],
        dropout: 0.1,
        classes: 3,
        ..Mlp::default()
    };
    let resnet = ResNet {
        depth: 8,
        input_shape: (8, 8, 3).into(),
        filters: 4,
        classes: 3,
        ..ResNet::default()
    };
    for mut model in [small.build()?, mlp.build()?, resnet.build()?] {
        model.compile(Compile {
            optimizer: "adam".into(),
            loss: "sparse_categorical_crossentropy".into(),
            ..Compile::default()
        })?;
        let x = Tensor::random_uniform((12, 8, 8, 3), 0.0, 1.0);
        let y = Tensor::from_vec((0..12).map(|i| i % 3).collect(), 12)?;
        let fit = Fit {
            epochs: 30,
            verbose: 0,
            ..Fit::default()
        };
        let history = model.fit(&x, &y, fit)?;
        let loss = history.get("loss").expect("always there");
        assert!(loss[29] < loss[0], "{loss:?}");
    }
    Ok(())
}

#[test]
fn mistakes_are_told() {
    let vgg = VGG16 {
        input_shape: (16, 16, 3).into(),
        ..VGG16::default()
    };
    let error = vgg.build().expect_err("too small").to_string();
    assert!(error.contains("at least 32 rows"), "{error}");
    for depth in [0, 2, 19, 1208, usize::MAX] {
        let resnet = ResNet {
            depth,
            ..ResNet::default()
        };
        let error = resnet.build().expect_err("no such depth").to_string();
        assert!(error.contains("6 n + 2"), "{error}");
    }
    let resnet = ResNet50 {
        include_top: false,
        pooling: "mean".into(),
        ..ResNet50::default()
    };
    let error = resnet.build().expect_err("no such pooling").to_string();
    assert!(error.contains("unknown pooling `mean`"), "{error}");
    for alpha in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        let mobile_net = MobileNet {
            alpha,
            ..MobileNet::default()
        };
        let error = mobile_net.build().expect_err("no filters").to_string();
        assert!(error.contains("argument `alpha`"), "{error}");
    }
}

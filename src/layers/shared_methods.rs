//! Methods that layers have alike, written for them.

/// Writes `base`, `base_mut`, `boxed_clone`, `class_name` and `get_config`, which are the same for
/// every layer; `$written` names a method that gives the layer as it is written down.
macro_rules! layer_identity {
    ($class_name:literal $(, $written:ident)?) => {
        fn class_name(&self) -> &'static str {
            $class_name
        }

        fn base(&self) -> &crate::layers::LayerBase {
            &self.base
        }

        fn base_mut(&mut self) -> &mut crate::layers::LayerBase {
            &mut self.base
        }

        fn boxed_clone(&self) -> Box<dyn crate::layers::Layer> {
            Box::new(self.clone())
        }

        fn get_config(&self) -> crate::Result<crate::Config> {
            crate::Config::of(&self$(.$written())?)
        }
    };
}
pub(crate) use layer_identity;

/// Writes `output_shape` and `call` for layers that take several inputs, and `build_for` where they
/// have no weights.
macro_rules! through_several {
    (without_weights) => {
        through_several!();

        fn build_for(
            &self,
            _: &[crate::Shape],
            _: &mut crate::layers::Weights,
        ) -> crate::Result<()> {
            Ok(())
        }
    };
    () => {
        fn output_shape(&self, input: &crate::Shape) -> crate::Result<crate::Shape> {
            let outputs = self.output_shapes(std::slice::from_ref(input))?;
            crate::layers::first_of(outputs)
        }

        fn call(
            &self,
            x: &crate::Tensor,
            pass: &mut crate::layers::Pass<'_>,
        ) -> crate::Result<crate::Tensor> {
            crate::layers::first_of(self.call_for(std::slice::from_ref(x), pass)?)
        }
    };
}
pub(crate) use through_several;

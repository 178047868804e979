//! cuDNN, where it is installed: convolutions that never write their windows to memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cudarc::cudnn::{
    ActivationDescriptor, ConvBackwardData, ConvBackwardFilter, ConvBiasActivationForward,
    ConvDescriptor, ConvForward, Cudnn, CudnnDataType, CudnnError, FilterDescriptor,
    TensorDescriptor, result, sys,
};
use cudarc::driver::{CudaSlice, CudaStream, CudaView, DevicePtr};

use super::super::precision::{Format, Precision};
use super::super::work::{Geometry, Pass};
use super::{Buffer, Gpu};
use crate::Result;

/// cuDNN before this version ends the process when a part of it is not found.
const OLDEST: usize = 90_000;

/// Floats that it may have besides the tensors, if the windows would take as many.
const WORKSPACE: usize = 1 << 26;

/// cuDNN, and how it computes what it has been asked for.
pub(super) struct Convolutions(Mutex<Open>);

struct Open {
    cudnn: Arc<Cudnn>,
    /// None for what cuDNN cannot do.
    plans: HashMap<Question, Option<Plan>>,
    /// And whether that has been said.
    has_refused: bool,
}

/// What a plan is for: also how numbers are kept, and how floats are multiplied.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Question {
    geometry: Geometry,
    pass: Pass,
    format: Format,
    math: sys::cudnnMathType_t,
}

// SAFETY: the handle and all that came from it are behind one lock.
unsafe impl Send for Open {}

/// The version, or why there is none that can be used.
pub(super) fn version() -> std::result::Result<String, &'static str> {
    if std::env::var("KERUST_CUDNN").is_ok_and(|text| text == "0") {
        return Err("cuDNN is switched off (`KERUST_CUDNN=0`)");
    }
    // SAFETY: opening the library runs its start-up code, as every program with cuDNN does.
    let is_there = unsafe { sys::is_culib_present() };
    let version = if is_there { result::get_version() } else { 0 };
    let [major, minor, patch] = [version / 10_000, version / 100 % 100, version % 100];
    match version >= OLDEST {
        true => Ok(format!("{major}.{minor}.{patch}")),
        false => Err(
            "no cuDNN 9, which is quicker for large convolutions (`pip install \
                      nvidia-cudnn-cu12`)",
        ),
    }
}

impl Convolutions {
    /// The stream's context must be the thread's.
    pub(super) fn open(stream: &Arc<CudaStream>) -> Option<Convolutions> {
        version().ok()?;
        let cudnn = Cudnn::new(stream.clone()).ok()?;
        Some(Convolutions(Mutex::new(Open {
            cudnn,
            plans: HashMap::new(),
            has_refused: false,
        })))
    }

    /// As [`Gpu::convolve`].
    pub(super) fn compute(
        &self,
        gpu: &Gpu,
        geometry: &Geometry,
        pass: Pass,
        from: &[&Buffer],
        to: &mut Buffer,
        adds: bool,
    ) -> Result<bool> {
        let question = Question {
            geometry: *geometry,
            pass,
            format: to.format(),
            math: math_of(to.format()),
        };
        if from.iter().any(|buffer| buffer.format() != to.format()) {
            return Ok(false);
        }
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Open {
            cudnn,
            plans,
            has_refused,
        } = &mut *open;
        let mut say = |error: CudnnError| {
            if !std::mem::replace(has_refused, true) {
                eprintln!(
                    "kerust: cuDNN has no way for a convolution ({error}): kerust computes it"
                );
            }
        };
        let plan = plans
            .entry(question)
            .or_insert_with(|| Plan::new(cudnn, &question).map_err(&mut say).ok());
        let Some(known) = plan else {
            return Ok(false);
        };
        let mut room = match known.room() {
            0 => None,
            bytes => match gpu.allocate::<u8>(bytes) {
                Ok(room) => Some(room),
                // The other way needs less at once.
                Err(_) => return Ok(false),
            },
        };
        let done = known.run(room.as_mut(), from, to, adds);
        let is_done = done.map_err(say).is_ok();
        if !is_done {
            *plan = None;
        }
        Ok(is_done)
    }
}

/// How products of numbers that are kept so are computed.
fn math_of(format: Format) -> sys::cudnnMathType_t {
    match (format, Precision::current()) {
        (Format::Float32, Precision::Float32) => sys::cudnnMathType_t::CUDNN_FMA_MATH,
        (Format::Float32, _) => sys::cudnnMathType_t::CUDNN_DEFAULT_MATH,
        _ => sys::cudnnMathType_t::CUDNN_TENSOR_OP_MATH,
    }
}

/// Tells cudarc how numbers are kept: bfloat16, or float16. No more is known of a value than a scale
/// needs: 0 and 1.
struct Half<const BFLOAT: bool>(u16);

impl<const BFLOAT: bool> From<u8> for Half<BFLOAT> {
    fn from(scale: u8) -> Self {
        Half(scale.into())
    }
}

impl<const BFLOAT: bool> CudnnDataType for Half<BFLOAT> {
    const DATA_TYPE: sys::cudnnDataType_t = match BFLOAT {
        true => sys::cudnnDataType_t::CUDNN_DATA_BFLOAT16,
        false => sys::cudnnDataType_t::CUDNN_DATA_HALF,
    };
    type Scalar = f32;

    fn into_scaling_parameter(self) -> f32 {
        self.0.into()
    }
}

/// How one pass of a convolution is computed.
enum Plan {
    Float32(PlanOf<f32>),
    Bfloat16(PlanOf<Half<true>>),
    Float16(PlanOf<Half<false>>),
}

impl Plan {
    fn new(cudnn: &Arc<Cudnn>, question: &Question) -> std::result::Result<Plan, CudnnError> {
        Ok(match question.format {
            Format::Float32 => Plan::Float32(PlanOf::new(cudnn, question)?),
            Format::Bfloat16 => Plan::Bfloat16(PlanOf::new(cudnn, question)?),
            Format::Float16 => Plan::Float16(PlanOf::new(cudnn, question)?),
        })
    }

    /// Bytes that it needs besides the tensors.
    fn room(&self) -> usize {
        match self {
            Plan::Float32(plan) => plan.room,
            Plan::Bfloat16(plan) => plan.room,
            Plan::Float16(plan) => plan.room,
        }
    }

    fn run(
        &self,
        room: Option<&mut CudaSlice<u8>>,
        from: &[&Buffer],
        to: &mut Buffer,
        adds: bool,
    ) -> std::result::Result<(), CudnnError> {
        match self {
            Plan::Float32(plan) => plan.run(room, from, to, adds),
            Plan::Bfloat16(plan) => plan.run(room, from, to, adds),
            Plan::Float16(plan) => plan.run(room, from, to, adds),
        }
    }
}

/// The same for tensors of these numbers.
struct PlanOf<T> {
    pictures: TensorDescriptor<T>,
    kernels: FilterDescriptor<T>,
    output: TensorDescriptor<T>,
    convolution: ConvDescriptor<f32>,
    way: Way<T>,
    room: usize,
}

enum Way<T> {
    Forward(sys::cudnnConvolutionFwdAlgo_t),
    ForwardWithBias(sys::cudnnConvolutionFwdAlgo_t, Finish<T>),
    BackwardData(sys::cudnnConvolutionBwdDataAlgo_t),
    BackwardFilter(sys::cudnnConvolutionBwdFilterAlgo_t),
}

/// What follows a convolution.
struct Finish<T> {
    bias: TensorDescriptor<T>,
    activation: ActivationDescriptor<f32>,
}

impl<T: CudnnDataType> Finish<T> {
    fn new(
        cudnn: &Arc<Cudnn>,
        filters: i32,
        relu: bool,
    ) -> std::result::Result<Finish<T>, CudnnError> {
        use sys::cudnnActivationMode_t::{CUDNN_ACTIVATION_IDENTITY, CUDNN_ACTIVATION_RELU};
        let channels_last = sys::cudnnTensorFormat_t::CUDNN_TENSOR_NHWC;
        let mode = match relu {
            true => CUDNN_ACTIVATION_RELU,
            false => CUDNN_ACTIVATION_IDENTITY,
        };
        let nan = sys::cudnnNanPropagation_t::CUDNN_PROPAGATE_NAN;
        Ok(Finish {
            bias: cudnn.create_4d_tensor(channels_last, [1, filters, 1, 1])?,
            activation: cudnn.create_activation(mode, nan, 0.0)?,
        })
    }
}

impl<T: CudnnDataType + From<u8>> PlanOf<T> {
    fn new(cudnn: &Arc<Cudnn>, question: &Question) -> std::result::Result<Self, CudnnError> {
        let geometry = &question.geometry;
        let channels_last = sys::cudnnTensorFormat_t::CUDNN_TENSOR_NHWC;
        let tensor = |channels: i32, [height, width]: [i32; 2]| {
            let sizes = [geometry.pictures, channels, height, width];
            cudnn.create_4d_tensor(channels_last, sizes)
        };
        let pictures = tensor(geometry.channels, geometry.input)?;
        let output = tensor(geometry.filters, geometry.output)?;
        let [height, width] = geometry.kernel;
        let sizes = [geometry.filters, geometry.channels, height, width];
        let kernels = cudnn.create_4d_filter(channels_last, sizes)?;
        let mut convolution = cudnn.create_conv2d(
            geometry.padding,
            geometry.strides,
            geometry.dilation,
            sys::cudnnConvolutionMode_t::CUDNN_CROSS_CORRELATION,
        )?;
        convolution.set_math_type(question.math)?;
        let mut plan = PlanOf {
            pictures,
            kernels,
            output,
            convolution,
            way: Way::Forward(
                sys::cudnnConvolutionFwdAlgo_t::CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM,
            ),
            room: 0,
        };
        plan.room = plan.choose(cudnn, geometry.filters, question.pass)?;
        match plan.room <= 4 * WORKSPACE.min(geometry.windows()) {
            true => Ok(plan),
            false => Err(CudnnError(sys::cudnnStatus_t::CUDNN_STATUS_NOT_SUPPORTED)),
        }
    }

    /// Chooses the way that has tensor cores for channels that come last, and adds numbers up in an
    /// order that nothing but the sizes decides: no two runs differ. Returns the bytes that it needs.
    fn choose(
        &mut self,
        cudnn: &Arc<Cudnn>,
        filters: i32,
        pass: Pass,
    ) -> std::result::Result<usize, CudnnError> {
        use sys::cudnnConvolutionBwdDataAlgo_t::CUDNN_CONVOLUTION_BWD_DATA_ALGO_1 as DATA;
        use sys::cudnnConvolutionBwdFilterAlgo_t::CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1 as FILTER;
        use sys::cudnnConvolutionFwdAlgo_t::CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM as FORWARD;
        self.way = match pass {
            Pass::Forward => Way::Forward(FORWARD),
            Pass::ForwardWithBias { relu } => {
                Way::ForwardWithBias(FORWARD, Finish::new(cudnn, filters, relu)?)
            }
            Pass::BackwardData => Way::BackwardData(DATA),
            Pass::BackwardFilter => Way::BackwardFilter(FILTER),
        };
        match self.way {
            Way::Forward(way) | Way::ForwardWithBias(way, _) => {
                self.forward().get_workspace_size(way)
            }
            Way::BackwardData(way) => self.backward_data().get_workspace_size(way),
            Way::BackwardFilter(way) => self.backward_filter().get_workspace_size(way),
        }
    }

    fn run(
        &self,
        room: Option<&mut CudaSlice<u8>>,
        from: &[&Buffer],
        to: &mut Buffer,
        adds: bool,
    ) -> std::result::Result<(), CudnnError> {
        let len = to.len();
        let scales = (T::from(1), T::from(u8::from(adds)));
        // SAFETY: what buffers say of their format and length, and the promise of who calls
        // `Gpu::convolve`.
        unsafe {
            let from = from.iter();
            let from: Vec<CudaView<'_, T>> = from
                .filter_map(|buffer| buffer.memory().transmute(buffer.len()))
                .collect();
            let to = to.memory_mut();
            let stream = to.stream().clone();
            let address = to.device_ptr(&stream).0;
            let Some(mut to) = to.transmute_mut::<T>(len) else {
                return Err(CudnnError(sys::cudnnStatus_t::CUDNN_STATUS_BAD_PARAM));
            };
            match (&self.way, &from[..]) {
                (Way::Forward(way), [x, kernels]) => self
                    .forward()
                    .launch(*way, room, scales, x, kernels, &mut to),
                (Way::ForwardWithBias(way, finish), [x, kernels, bias]) => {
                    // What would be added besides, times 0: cuDNN allows the output itself, and
                    // wants no other tensor of its size for it.
                    let own = stream.upgrade_device_ptr::<T>(address, len);
                    let launched = self.with_bias(finish).launch(
                        *way,
                        room,
                        (T::from(1), T::from(0)),
                        x,
                        kernels,
                        &own.as_view(),
                        bias,
                        &mut to,
                    );
                    own.leak();
                    launched
                }
                (Way::BackwardData(way), [gradient, kernels]) => self
                    .backward_data()
                    .launch(*way, room, scales, &mut to, kernels, gradient),
                (Way::BackwardFilter(way), [x, gradient]) => self
                    .backward_filter()
                    .launch(*way, room, scales, x, &mut to, gradient),
                _ => Err(CudnnError(sys::cudnnStatus_t::CUDNN_STATUS_BAD_PARAM)),
            }
        }
    }

    fn forward(&self) -> ConvForward<'_, T, f32, T> {
        ConvForward {
            conv: &self.convolution,
            x: &self.pictures,
            w: &self.kernels,
            y: &self.output,
        }
    }

    fn with_bias<'a>(
        &'a self,
        finish: &'a Finish<T>,
    ) -> ConvBiasActivationForward<'a, T, f32, f32, T> {
        ConvBiasActivationForward {
            conv: &self.convolution,
            act: &finish.activation,
            x: &self.pictures,
            w: &self.kernels,
            z: &self.output,
            bias: &finish.bias,
            y: &self.output,
        }
    }

    fn backward_data(&self) -> ConvBackwardData<'_, T, f32, T> {
        ConvBackwardData {
            conv: &self.convolution,
            dx: &self.pictures,
            w: &self.kernels,
            dy: &self.output,
        }
    }

    fn backward_filter(&self) -> ConvBackwardFilter<'_, T, f32, T> {
        ConvBackwardFilter {
            conv: &self.convolution,
            x: &self.pictures,
            dw: &self.kernels,
            dy: &self.output,
        }
    }
}

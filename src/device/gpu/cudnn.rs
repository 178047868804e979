//! cuDNN, where it is installed: convolutions that never write their windows to memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cudarc::cudnn::{
    ActivationDescriptor, ConvBackwardData, ConvBackwardFilter, ConvBiasActivationForward,
    ConvDescriptor, ConvForward, Cudnn, CudnnError, FilterDescriptor, TensorDescriptor, result,
    sys,
};
use cudarc::driver::{CudaSlice, CudaStream, DevicePtr};

use super::super::precision::Precision;
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
    plans: HashMap<(Geometry, Pass, bool), Option<Plan>>,
    /// And whether that has been said.
    has_refused: bool,
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
        let exact = Precision::current() == Precision::Float32;
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
        let plan = plans.entry((*geometry, pass, exact)).or_insert_with(|| {
            Plan::new(cudnn, geometry, pass, exact)
                .map_err(&mut say)
                .ok()
        });
        let Some(known) = plan else {
            return Ok(false);
        };
        let mut room = match known.room {
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

/// How one pass of a convolution is computed.
struct Plan {
    pictures: TensorDescriptor<f32>,
    kernels: FilterDescriptor<f32>,
    output: TensorDescriptor<f32>,
    convolution: ConvDescriptor<f32>,
    way: Way,
    /// Bytes that it needs besides the tensors.
    room: usize,
}

enum Way {
    Forward(sys::cudnnConvolutionFwdAlgo_t),
    ForwardWithBias(sys::cudnnConvolutionFwdAlgo_t, Finish),
    BackwardData(sys::cudnnConvolutionBwdDataAlgo_t),
    BackwardFilter(sys::cudnnConvolutionBwdFilterAlgo_t),
}

/// What follows a convolution.
struct Finish {
    bias: TensorDescriptor<f32>,
    activation: ActivationDescriptor<f32>,
}

impl Finish {
    fn new(
        cudnn: &Arc<Cudnn>,
        filters: i32,
        relu: bool,
    ) -> std::result::Result<Finish, CudnnError> {
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

impl Plan {
    fn new(
        cudnn: &Arc<Cudnn>,
        geometry: &Geometry,
        pass: Pass,
        exact: bool,
    ) -> std::result::Result<Plan, CudnnError> {
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
        convolution.set_math_type(match exact {
            true => sys::cudnnMathType_t::CUDNN_FMA_MATH,
            false => sys::cudnnMathType_t::CUDNN_DEFAULT_MATH,
        })?;
        let mut plan = Plan {
            pictures,
            kernels,
            output,
            convolution,
            way: Way::Forward(
                sys::cudnnConvolutionFwdAlgo_t::CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM,
            ),
            room: 0,
        };
        plan.room = plan.choose(cudnn, geometry.filters, pass)?;
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
        let from: Vec<&CudaSlice<f32>> = from.iter().map(|buffer| &***buffer).collect();
        let to: &mut CudaSlice<f32> = to;
        let scales = (1.0, if adds { 1.0 } else { 0.0 });
        // SAFETY: the promise of who calls `Gpu::convolve`.
        unsafe {
            match (&self.way, &from[..]) {
                (Way::Forward(way), [x, kernels]) => {
                    self.forward().launch(*way, room, scales, *x, *kernels, to)
                }
                (Way::ForwardWithBias(way, finish), [x, kernels, bias]) => {
                    // What would be added besides, times 0: cuDNN allows the output itself, and
                    // wants no other tensor of its size for it.
                    let stream = to.stream().clone();
                    let own = stream.upgrade_device_ptr(to.device_ptr(&stream).0, to.len());
                    let launched = self.with_bias(finish).launch(
                        *way,
                        room,
                        (1.0, 0.0),
                        *x,
                        *kernels,
                        &own,
                        *bias,
                        to,
                    );
                    own.leak();
                    launched
                }
                (Way::BackwardData(way), [gradient, kernels]) => self
                    .backward_data()
                    .launch(*way, room, scales, to, *kernels, *gradient),
                (Way::BackwardFilter(way), [x, gradient]) => self
                    .backward_filter()
                    .launch(*way, room, scales, *x, to, *gradient),
                _ => Err(CudnnError(sys::cudnnStatus_t::CUDNN_STATUS_BAD_PARAM)),
            }
        }
    }

    fn forward(&self) -> ConvForward<'_, f32, f32, f32> {
        ConvForward {
            conv: &self.convolution,
            x: &self.pictures,
            w: &self.kernels,
            y: &self.output,
        }
    }

    fn with_bias<'a>(
        &'a self,
        finish: &'a Finish,
    ) -> ConvBiasActivationForward<'a, f32, f32, f32, f32> {
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

    fn backward_data(&self) -> ConvBackwardData<'_, f32, f32, f32> {
        ConvBackwardData {
            conv: &self.convolution,
            dx: &self.pictures,
            w: &self.kernels,
            dy: &self.output,
        }
    }

    fn backward_filter(&self) -> ConvBackwardFilter<'_, f32, f32, f32> {
        ConvBackwardFilter {
            conv: &self.convolution,
            x: &self.pictures,
            dw: &self.kernels,
            dy: &self.output,
        }
    }
}

// Recurrent cells, as `recurrent/` has them on the processor. All numbers lie step by step, the batch second. A thread
// for each unit of each row.

__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

// What the kernels of a step are given. `skips`: for each step and row whether the row leaves it out, or null.
struct Cell {
    float *gates, *recurrent, *output, *carry;
    const float *bias, *skips;
    // Of the way back: the gradient of the output after the step, what of it goes to the output before the step besides
    // the recurrent product, that of the carry, and that of what the operation gave.
    const float* of_output;
    float *through, *of_carry;
    const float* of_result;
    // Where a product follows the reset gate: what it lets through of the outputs, and the gradient of that.
    float *reset, *of_reset;
    Size step, steps, batch, units;
    Size returns_sequences, zeroes_skipped;
};

#define FOR_EACH_UNIT(cell)                                                    \
    FOR_EACH(i, (cell).batch * (cell).units);                                  \
    Size row = i / (cell).units, unit = i % (cell).units;                      \
    Size here = (cell).step * (cell).batch + row;                              \
    Size before = here * (cell).units + unit, after = before + (cell).batch * (cell).units; \
    bool skipped = (cell).skips && (cell).skips[here] != 0.0f;

__device__ __forceinline__ float bias_of(const Cell& cell, Size place) { return cell.bias ? cell.bias[place] : 0.0f; }

// The gradient of the output after a step: what later steps handed back, and what was asked of the result.
__device__ __forceinline__ float total_gradient(const Cell& cell, float gradient, Size row, Size unit, bool skipped) {
    if (skipped && cell.zeroes_skipped) return gradient;
    if (cell.returns_sequences) return gradient + cell.of_result[(row * cell.steps + cell.step) * cell.units + unit];
    return cell.step + 1 == cell.steps ? gradient + cell.of_result[row * cell.units + unit] : gradient;
}

// The states of a unit around a step.
struct States {
    float before, after, carry_before, carry_after;
};

// Each kind of cell has its gates `g`, to which the recurrent products are added, or which has these apart, in `r`. `next`
// finds the states after a step, and leaves in both what `back` needs; `back` leaves their gradients there.
struct Simple {
    enum { GATES = 1, IS_APART = 0, HAS_CARRY = 0 };

    static __device__ __forceinline__ void next(float* g, float*, float& output, float&) { output = tanhf(g[0]); }

    static __device__ __forceinline__ void back(float* g, float*, float gradient, const States& of, float& through, float&) {
        g[0] = settled(gradient * (1.0f - of.after * of.after));
        through = 0.0f;
    }
};

struct Lstm {
    enum { GATES = 4, IS_APART = 0, HAS_CARRY = 1 };

    static __device__ __forceinline__ void next(float* g, float*, float& output, float& carry) {
        g[0] = sigmoid(g[0]);
        g[1] = sigmoid(g[1]);
        g[2] = tanhf(g[2]);
        g[3] = sigmoid(g[3]);
        carry = g[1] * carry + g[0] * g[2];
        output = g[3] * tanhf(carry);
    }

    static __device__ __forceinline__ void back(float* g, float*, float gradient, const States& of, float& through, float& of_carry) {
        float input = g[0], forget = g[1], candidate = g[2], out = g[3], curve = tanhf(of.carry_after);
        float of_next = of_carry + gradient * out * (1.0f - curve * curve);
        of_carry = settled(of_next * forget);
        g[0] = settled(of_next * candidate * input * (1.0f - input));
        g[1] = settled(of_next * of.carry_before * forget * (1.0f - forget));
        g[2] = settled(of_next * input * (1.0f - candidate * candidate));
        g[3] = settled(gradient * curve * out * (1.0f - out));
        through = 0.0f;
    }
};

// The reset gate is applied to the recurrent product of the candidate.
struct Gru {
    enum { GATES = 3, IS_APART = 1, HAS_CARRY = 0 };

    static __device__ __forceinline__ void next(float* g, float* r, float& output, float&) {
        g[0] = sigmoid(g[0] + r[0]);
        g[1] = sigmoid(g[1] + r[1]);
        g[2] = tanhf(g[2] + g[1] * r[2]);
        output = g[0] * output + (1.0f - g[0]) * g[2];
    }

    static __device__ __forceinline__ void back(float* g, float* r, float gradient, const States& of, float& through, float&) {
        float update = g[0], reset = g[1], candidate = g[2], kept = r[2];
        float of_candidate = gradient * (1.0f - update) * (1.0f - candidate * candidate);
        through = settled(gradient * update);
        g[0] = r[0] = settled(gradient * (of.before - candidate) * update * (1.0f - update));
        g[1] = r[1] = settled(of_candidate * kept * reset * (1.0f - reset));
        g[2] = settled(of_candidate);
        r[2] = settled(of_candidate * reset);
    }
};

// The numbers of all gates of one unit at a step, and where they lie.
template <class Kind>
struct Gates {
    float g[Kind::GATES], r[Kind::GATES];
    float *gates, *recurrent;
    Size units;

    __device__ __forceinline__ Gates(const Cell& cell, Size here, Size unit) {
        Size start = here * Kind::GATES * cell.units + unit;
        gates = cell.gates + start;
        recurrent = cell.recurrent + start;
        units = cell.units;
#pragma unroll
        for (int i = 0; i < Kind::GATES; i++) g[i] = gates[i * units];
    }

    __device__ __forceinline__ void load_recurrent() {
#pragma unroll
        for (int i = 0; i < Kind::GATES; i++) r[i] = Kind::IS_APART ? recurrent[i * units] : 0.0f;
    }

    __device__ __forceinline__ void add_bias(const Cell& cell, Size unit) {
#pragma unroll
        for (int i = 0; i < Kind::GATES; i++) {
            g[i] += bias_of(cell, i * units + unit);
            if (Kind::IS_APART) r[i] += bias_of(cell, (Kind::GATES + i) * units + unit);
        }
    }

    __device__ __forceinline__ void clear() {
#pragma unroll
        for (int i = 0; i < Kind::GATES; i++) g[i] = r[i] = 0.0f;
    }

    __device__ __forceinline__ void store() const {
#pragma unroll
        for (int i = 0; i < Kind::GATES; i++) {
            gates[i * units] = g[i];
            if (Kind::IS_APART) recurrent[i * units] = r[i];
        }
    }

    // What the recurrent product was added to.
    __device__ __forceinline__ float& of_product(int gate) { return Kind::IS_APART ? r[gate] : g[gate]; }
};

// A step of a unit whose recurrent products are there.
template <class Kind>
__device__ __forceinline__ void step(const Cell& cell) {
    FOR_EACH_UNIT(cell);
    Gates<Kind> own(cell, here, unit);
    own.load_recurrent();
    own.add_bias(cell, unit);
    float output = cell.output[before], carry = Kind::HAS_CARRY ? cell.carry[before] : 0.0f;
    Kind::next(own.g, own.r, output, carry);
    own.store();
    cell.output[after] = skipped ? cell.output[before] : output;
    if (Kind::HAS_CARRY) cell.carry[after] = skipped ? cell.carry[before] : carry;
}

template <class Kind>
__device__ __forceinline__ States states_of(const Cell& cell, Size before, Size after) {
    return {cell.output[before], cell.output[after], Kind::HAS_CARRY ? cell.carry[before] : 0.0f,
            Kind::HAS_CARRY ? cell.carry[after] : 0.0f};
}

template <class Kind>
__device__ __forceinline__ void step_back(const Cell& cell) {
    FOR_EACH_UNIT(cell);
    Gates<Kind> own(cell, here, unit);
    own.load_recurrent();
    float gradient = total_gradient(cell, cell.of_output[i], row, unit, skipped);
    float through = gradient, of_carry = Kind::HAS_CARRY ? cell.of_carry[i] : 0.0f;
    if (skipped) own.clear();
    else Kind::back(own.g, own.r, gradient, states_of<Kind>(cell, before, after), through, of_carry);
    own.store();
    cell.through[i] = through;
    if (Kind::HAS_CARRY) cell.of_carry[i] = of_carry;
}

// Units for which all steps of a row are the work of one block: a thread for each column of the recurrent kernel, which it
// keeps in its registers. Nothing is started, and nothing but the gates and the states goes to memory, between steps.
enum { WIDEST = 64 };

// The sum of `weights` times as many numbers.
__device__ __forceinline__ float product_of(const float* weights, const float4* numbers) {
    float4 sums = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
#pragma unroll
    for (int k = 0; k < WIDEST / 4; k++) {
        float4 four = numbers[k];
        sums.x += weights[4 * k] * four.x;
        sums.y += weights[4 * k + 1] * four.y;
        sums.z += weights[4 * k + 2] * four.z;
        sums.w += weights[4 * k + 3] * four.w;
    }
    return (sums.x + sums.y) + (sums.z + sums.w);
}

template <class Kind>
__device__ __forceinline__ void all_steps(Cell cell, const float* kernel) {
    __shared__ float4 shared_outputs[WIDEST / 4];
    __shared__ float products[Kind::GATES * WIDEST];
    float* outputs = (float*)shared_outputs;
    unsigned column = threadIdx.x, units = cell.units, width = Kind::GATES * units;
    Size row = blockIdx.x, of_step = cell.batch * units, place = row * units + column;
    bool is_unit = column < units;
    float weights[WIDEST];
#pragma unroll
    for (int k = 0; k < WIDEST; k++) weights[k] = k < units && column < width ? kernel[k * width + column] : 0.0f;
    float output = is_unit ? cell.output[place] : 0.0f, carry = is_unit && Kind::HAS_CARRY ? cell.carry[place] : 0.0f;
    if (column < WIDEST) outputs[column] = output;
    __syncthreads();
    for (Size step = 0; step < cell.steps; step++) {
        Size here = step * cell.batch + row;
        Gates<Kind> own(cell, here, is_unit ? column : 0);
        float product = product_of(weights, shared_outputs);
        if (column < width) products[column] = product;
        __syncthreads();
        if (is_unit) {
#pragma unroll
            for (int i = 0; i < Kind::GATES; i++) {
                own.r[i] = 0.0f;
                own.of_product(i) += products[i * units + column];
            }
            own.add_bias(cell, column);
            float next = output, next_carry = carry;
            Kind::next(own.g, own.r, next, next_carry);
            own.store();
            bool skipped = cell.skips && cell.skips[here] != 0.0f;
            if (!skipped) {
                output = next;
                carry = next_carry;
            }
            Size after = place + (step + 1) * of_step;
            cell.output[after] = outputs[column] = output;
            if (Kind::HAS_CARRY) cell.carry[after] = carry;
        }
        __syncthreads();
    }
}

template <class Kind>
__device__ __forceinline__ void all_steps_back(Cell cell, const float* kernel) {
    __shared__ float4 shared_slopes[Kind::GATES * WIDEST / 4];
    __shared__ float sums[Kind::GATES * WIDEST];
    float* slopes = (float*)shared_slopes;
    unsigned column = threadIdx.x, units = cell.units, width = Kind::GATES * units;
    // This thread's part of a row of the kernel.
    unsigned gate = column < width ? column / units : 0, unit = column % units;
    Size row = blockIdx.x, of_step = cell.batch * units, place = row * units + column;
    bool is_unit = column < units;
    float weights[WIDEST];
#pragma unroll
    for (int k = 0; k < WIDEST; k++) weights[k] = k < units && column < width ? kernel[unit * width + gate * units + k] : 0.0f;
    for (unsigned i = column; i < Kind::GATES * WIDEST; i += blockDim.x) slopes[i] = 0.0f;
    float of_output = is_unit ? cell.of_output[place] : 0.0f, of_carry = is_unit && Kind::HAS_CARRY ? cell.of_carry[place] : 0.0f;
    __syncthreads();
    for (cell.step = cell.steps; cell.step-- > 0;) {
        Size here = cell.step * cell.batch + row;
        float through = 0.0f;
        if (is_unit) {
            Gates<Kind> own(cell, here, column);
            own.load_recurrent();
            bool skipped = cell.skips && cell.skips[here] != 0.0f;
            float gradient = total_gradient(cell, of_output, row, column, skipped);
            Size before = place + cell.step * of_step;
            through = gradient;
            if (skipped) own.clear();
            else Kind::back(own.g, own.r, gradient, states_of<Kind>(cell, before, before + of_step), through, of_carry);
            own.store();
#pragma unroll
            for (int i = 0; i < Kind::GATES; i++) slopes[i * WIDEST + column] = own.of_product(i);
        }
        __syncthreads();
        float sum = product_of(weights, shared_slopes + gate * (WIDEST / 4));
        if (column < width) sums[gate * WIDEST + unit] = sum;
        __syncthreads();
        of_output = through;
        if (is_unit) {
#pragma unroll
            for (int i = 0; i < Kind::GATES; i++) of_output += sums[i * WIDEST + column];
        }
    }
    if (!is_unit) return;
    cell.through[place] = of_output;
    if (Kind::HAS_CARRY) cell.of_carry[place] = of_carry;
}

#define CELL(name, Kind)                                                                                                   \
    extern "C" __global__ void name(Cell cell) { step<Kind>(cell); }                                                       \
    extern "C" __global__ void name##_back(Cell cell) { step_back<Kind>(cell); }                                           \
    extern "C" __global__ void __launch_bounds__(Kind::GATES * WIDEST) name##_steps(Cell cell, const float* kernel) {      \
        all_steps<Kind>(cell, kernel);                                                                                     \
    }                                                                                                                      \
    extern "C" __global__ void __launch_bounds__(Kind::GATES * WIDEST) name##_steps_back(Cell cell, const float* kernel) { \
        all_steps_back<Kind>(cell, kernel);                                                                                \
    }

CELL(simple, Simple)
CELL(lstm, Lstm)
CELL(gru, Gru)

// The reset gate is applied to the output that goes into the product of the candidate: before it,
extern "C" __global__ void gru_reset(Cell cell) {
    FOR_EACH_UNIT(cell);
    Size u = cell.units;
    float* gates = cell.gates + here * 3 * u + unit;
    gates[0] = sigmoid(gates[0] + bias_of(cell, unit));
    gates[u] = sigmoid(gates[u] + bias_of(cell, u + unit));
    cell.reset[before] = gates[u] * cell.output[before];
}

// and after it.
extern "C" __global__ void gru_of_reset(Cell cell) {
    FOR_EACH_UNIT(cell);
    Size u = cell.units;
    float* gates = cell.gates + here * 3 * u + unit;
    float update = gates[0], candidate = tanhf(gates[2 * u] + bias_of(cell, 2 * u + unit));
    gates[2 * u] = candidate;
    float next = update * cell.output[before] + (1.0f - update) * candidate;
    cell.output[after] = skipped ? cell.output[before] : next;
}

extern "C" __global__ void gru_of_reset_back(Cell cell) {
    FOR_EACH_UNIT(cell);
    Size u = cell.units;
    float* gates = cell.gates + here * 3 * u + unit;
    float gradient = total_gradient(cell, cell.of_output[i], row, unit, skipped), update = gates[0], candidate = gates[2 * u];
    cell.through[i] = skipped ? gradient : settled(gradient * update);
    gates[0] = skipped ? 0.0f : settled(gradient * (cell.output[before] - candidate) * update * (1.0f - update));
    gates[2 * u] = skipped ? 0.0f : settled(gradient * (1.0f - update) * (1.0f - candidate * candidate));
}

extern "C" __global__ void gru_reset_back(Cell cell) {
    FOR_EACH_UNIT(cell);
    float *gate = cell.gates + here * 3 * cell.units + cell.units + unit, reset = *gate, gradient = cell.of_reset[i];
    cell.through[i] += gradient * reset;
    *gate = skipped ? 0.0f : settled(gradient * cell.output[before] * reset * (1.0f - reset));
}

// From (batch, steps, features) to (steps, batch, features), and the other way round.
extern "C" __global__ void to_steps(float* to, const float* from, Size batch, Size steps, Size features, int backwards) {
    FOR_EACH(i, batch * steps * features);
    Size feature = i % features, row = i / features % batch, step = i / features / batch;
    Size source = backwards ? steps - 1 - step : step;
    to[i] = from[(row * steps + source) * features + feature];
}

extern "C" __global__ void from_steps(float* to, const float* from, Size batch, Size steps, Size features, int backwards, int fresh) {
    FOR_EACH(i, batch * steps * features);
    Size feature = i % features, source = i / features % steps, row = i / features / steps;
    Size step = backwards ? steps - 1 - source : source;
    give(to + i, from[(step * batch + row) * features + feature], fresh);
}

// Numbers into a buffer from `start` on.
extern "C" __global__ void put(float* to, const float* from, Size start, Size count) {
    FOR_EACH(i, count);
    to[start + i] = from[i];
}

// Numbers of a buffer from `start` on.
extern "C" __global__ void take_part(float* to, const float* from, Size start, Size count, int fresh) {
    FOR_EACH(i, count);
    give(to + i, from[start + i], fresh);
}

// What the operation gives: outputs of all steps, or of the last.
extern "C" __global__ void result(float* to, const float* output, const float* skips, Size batch, Size steps, Size units,
                                  int returns_sequences, int zeroes_skipped) {
    Size kept = returns_sequences ? steps : 1;
    FOR_EACH(i, batch * kept * units);
    Size unit = i % units, row = i / units / kept;
    Size step = returns_sequences ? i / units % steps : steps - 1;
    bool skipped = zeroes_skipped && skips && skips[step * batch + row] != 0.0f;
    to[i] = skipped ? 0.0f : output[((step + 1) * batch + row) * units + unit];
}

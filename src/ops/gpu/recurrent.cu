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
__device__ __forceinline__ float total_gradient(const Cell& cell, Size i, Size row, Size unit, bool skipped) {
    float gradient = cell.of_output[i];
    if (skipped && cell.zeroes_skipped) return gradient;
    if (cell.returns_sequences) return gradient + cell.of_result[(row * cell.steps + cell.step) * cell.units + unit];
    return cell.step + 1 == cell.steps ? gradient + cell.of_result[row * cell.units + unit] : gradient;
}

extern "C" __global__ void simple(Cell cell) {
    FOR_EACH_UNIT(cell);
    float next = tanhf(cell.gates[before] + bias_of(cell, unit));
    cell.output[after] = skipped ? cell.output[before] : next;
}

extern "C" __global__ void simple_back(Cell cell) {
    FOR_EACH_UNIT(cell);
    float gradient = total_gradient(cell, i, row, unit, skipped), y = cell.output[after];
    cell.gates[before] = skipped ? 0.0f : settled(gradient * (1.0f - y * y));
    cell.through[i] = skipped ? gradient : 0.0f;
}

extern "C" __global__ void lstm(Cell cell) {
    FOR_EACH_UNIT(cell);
    float* gates = cell.gates + here * 4 * cell.units + unit;
    Size u = cell.units;
    float input = sigmoid(gates[0] + bias_of(cell, unit)), forget = sigmoid(gates[u] + bias_of(cell, u + unit));
    float candidate = tanhf(gates[2 * u] + bias_of(cell, 2 * u + unit)), out = sigmoid(gates[3 * u] + bias_of(cell, 3 * u + unit));
    gates[0] = input;
    gates[u] = forget;
    gates[2 * u] = candidate;
    gates[3 * u] = out;
    float carry = forget * cell.carry[before] + input * candidate;
    cell.carry[after] = skipped ? cell.carry[before] : carry;
    cell.output[after] = skipped ? cell.output[before] : out * tanhf(carry);
}

extern "C" __global__ void lstm_back(Cell cell) {
    FOR_EACH_UNIT(cell);
    float* gates = cell.gates + here * 4 * cell.units + unit;
    Size u = cell.units;
    float gradient = total_gradient(cell, i, row, unit, skipped);
    cell.through[i] = skipped ? gradient : 0.0f;
    if (skipped) {
        gates[0] = gates[u] = gates[2 * u] = gates[3 * u] = 0.0f;
        return;
    }
    float input = gates[0], forget = gates[u], candidate = gates[2 * u], out = gates[3 * u];
    float curve = tanhf(cell.carry[after]);
    float of_next = cell.of_carry[i] + gradient * out * (1.0f - curve * curve);
    cell.of_carry[i] = settled(of_next * forget);
    gates[0] = settled(of_next * candidate * input * (1.0f - input));
    gates[u] = settled(of_next * cell.carry[before] * forget * (1.0f - forget));
    gates[2 * u] = settled(of_next * input * (1.0f - candidate * candidate));
    gates[3 * u] = settled(gradient * curve * out * (1.0f - out));
}

// The reset gate is applied to the recurrent product of the candidate; `recurrent` holds those products.
extern "C" __global__ void gru(Cell cell) {
    FOR_EACH_UNIT(cell);
    Size u = cell.units, place = here * 3 * u + unit;
    float *gates = cell.gates + place, *recurrent = cell.recurrent + place;
    float update = sigmoid(gates[0] + recurrent[0] + bias_of(cell, unit) + bias_of(cell, 3 * u + unit));
    float reset = sigmoid(gates[u] + recurrent[u] + bias_of(cell, u + unit) + bias_of(cell, 4 * u + unit));
    float kept = recurrent[2 * u] + bias_of(cell, 5 * u + unit);
    float candidate = tanhf(gates[2 * u] + bias_of(cell, 2 * u + unit) + reset * kept);
    gates[0] = update;
    gates[u] = reset;
    gates[2 * u] = candidate;
    recurrent[2 * u] = kept;
    float next = update * cell.output[before] + (1.0f - update) * candidate;
    cell.output[after] = skipped ? cell.output[before] : next;
}

extern "C" __global__ void gru_back(Cell cell) {
    FOR_EACH_UNIT(cell);
    Size u = cell.units, place = here * 3 * u + unit;
    float *gates = cell.gates + place, *recurrent = cell.recurrent + place;
    float gradient = total_gradient(cell, i, row, unit, skipped);
    if (skipped) {
        cell.through[i] = gradient;
        gates[0] = gates[u] = gates[2 * u] = recurrent[0] = recurrent[u] = recurrent[2 * u] = 0.0f;
        return;
    }
    float update = gates[0], reset = gates[u], candidate = gates[2 * u], kept = recurrent[2 * u];
    float of_candidate = gradient * (1.0f - update) * (1.0f - candidate * candidate);
    cell.through[i] = settled(gradient * update);
    gates[0] = recurrent[0] = settled(gradient * (cell.output[before] - candidate) * update * (1.0f - update));
    gates[u] = recurrent[u] = settled(of_candidate * kept * reset * (1.0f - reset));
    gates[2 * u] = settled(of_candidate);
    recurrent[2 * u] = settled(of_candidate * reset);
}

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
    float gradient = total_gradient(cell, i, row, unit, skipped), update = gates[0], candidate = gates[2 * u];
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

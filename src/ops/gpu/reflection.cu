// Rows of `length` numbers that go on mirrored for `pad` numbers on both sides. Places of a longer row
// are counted so that 0 is a first number there and `first` is where the row begins.

extern "C" __global__ void reflect(Real* to, const Real* from, Size length, Size pad, Size first, Size period, Size count) {
    FOR_EACH(i, count);
    Size longer = length + 2 * pad, place = (first + i % longer) % period;
    to[i] = from[i / longer * length + (place < period - place ? place : period - place)];
}

extern "C" __global__ void reflect_back(Real* to, const Real* gradient, Size length, Size pad, Size first, Size period, Size count,
                                        int fresh) {
    FOR_EACH(i, count);
    Size longer = length + 2 * pad, end = first + longer, source = i % length;
    const Real* from = gradient + i / length * longer;
    // At the ends of a row there and back are the same.
    bool is_turn = source == 0 || 2 * source == period;
    float sum = 0.0f;
    for (Size turn = first / period * period; turn < end + period; turn += period) {
        Size back = turn - source, there = turn + source;
        if (!is_turn && turn >= source && back >= first && back < end) sum += from[back - first];
        if (there >= first && there < end) sum += from[there - first];
    }
    give(to + i, sum, fresh);
}

// Pictures whose places are weighted sums of places of other pictures, axis by axis.

struct Mixing {
    // Places along each axis of what is made, and the channels.
    Divisor planes, rows, columns, channels;
    // Places along each axis of what it is made of.
    unsigned from_planes, from_rows, from_columns;
    // Where the table of rows and that of columns begin.
    unsigned table_of_rows, table_of_columns;
};

// `table` has for each axis where the parts of each place begin and where the last end, then the parts:
// a place and its weight.
extern "C" __global__ void mix(Real* to, const Real* from, const float* table, Mixing mixing, Size skipped_from, Size skipped_to,
                               unsigned count, int fresh) {
    FOR_EACH(i, count);
    unsigned index = (unsigned)i;
    unsigned channel = split(index, mixing.channels);
    unsigned column = split(index, mixing.columns);
    unsigned row = split(index, mixing.rows);
    unsigned plane = split(index, mixing.planes);
    const unsigned *planes = (const unsigned*)table, *rows = planes + mixing.table_of_rows, *columns = planes + mixing.table_of_columns;
    const Real* picture = from + skipped_from + channel;
    float sum = 0.0f;
    for (unsigned p = planes[plane]; p < planes[plane + 1]; p += 2) {
        Size in_plane = (Size)index * mixing.from_planes + planes[p];
        for (unsigned r = rows[row]; r < rows[row + 1]; r += 2) {
            Size line = (in_plane * mixing.from_rows + rows[r]) * mixing.from_columns;
            float weight = __uint_as_float(planes[p + 1]) * __uint_as_float(rows[r + 1]);
            for (unsigned c = columns[column]; c < columns[column + 1]; c += 2)
                sum += picture[(line + columns[c]) * mixing.channels.by] * (weight * __uint_as_float(columns[c + 1]));
        }
    }
    give(to + skipped_to + i, sum, fresh);
}

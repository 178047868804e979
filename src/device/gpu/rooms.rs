//! Pieces of the host's memory that the GPU reads and writes by itself, so that nobody waits for a
//! copy.

use std::sync::{Mutex, PoisonError};

use cudarc::driver::{CudaEvent, DriverError, PinnedHostSlice, result};

use super::{GPU, Gpu};
use crate::Result;

/// Rooms that nobody uses at the moment.
#[derive(Default)]
pub(super) struct Rooms {
    outgoing: Mutex<Vec<Room>>,
    incoming: Mutex<Vec<Room>>,
}

struct Room {
    memory: PinnedHostSlice<f32>,
    /// The copy that was begun last.
    copied: CudaEvent,
}

/// Larger copies are made in pieces of this many floats.
const PIECE: usize = 1 << 20;
/// So many floats in all rooms for outgoing copies, then the oldest is waited for.
const MOST_OUTGOING: usize = 16 * PIECE;

impl Rooms {
    /// Begins a copy of the values to this address.
    pub(super) fn send(
        &self,
        gpu: &Gpu,
        values: &[f32],
        to: u64,
    ) -> std::result::Result<(), DriverError> {
        gpu.context.bind_to_thread()?;
        for (i, piece) in values.chunks(PIECE).enumerate() {
            let mut rooms = lock(&self.outgoing);
            let total: usize = rooms.iter().map(|room| room.memory.len()).sum();
            // The oldest is the first, and the first to be free. Small copies leave large rooms alone.
            let fits =
                |room: &Room| (piece.len()..=16 * piece.len().max(64)).contains(&room.memory.len());
            let oldest = rooms.iter().position(fits);
            let mut room = match oldest.filter(|&oldest| rooms[oldest].copied.is_complete()) {
                Some(free) => rooms.remove(free),
                None if total + piece.len() <= MOST_OUTGOING => Room::new(gpu, piece.len())?,
                None => {
                    let oldest = rooms.remove(0);
                    oldest.copied.synchronize()?;
                    match oldest.memory.len() >= piece.len() {
                        true => oldest,
                        false => Room::new(gpu, piece.len())?,
                    }
                }
            };
            room.memory.as_mut_slice()?[..piece.len()].copy_from_slice(piece);
            let filled = &room.memory.as_slice()?[..piece.len()];
            let at = to + 4 * (i * PIECE) as u64;
            // SAFETY: the address leads to as many floats, and the room stays until it was read.
            unsafe { result::memcpy_htod_async(at, filled, gpu.stream.cu_stream()) }?;
            room.copied.record(&gpu.stream)?;
            rooms.push(room);
        }
        Ok(())
    }

    /// Begins a copy of `len` floats from this address.
    pub(super) fn receive(
        &self,
        gpu: &Gpu,
        from: u64,
        len: usize,
    ) -> std::result::Result<Arriving, DriverError> {
        gpu.context.bind_to_thread()?;
        let mut rooms = lock(&self.incoming);
        let fits = |room: &Room| (len..=16 * len.max(64)).contains(&room.memory.len());
        let mut room = match rooms.iter().position(fits) {
            Some(free) => rooms.swap_remove(free),
            None => Room::new(gpu, len)?,
        };
        drop(rooms);
        let memory = &mut room.memory.as_mut_slice()?[..len];
        // SAFETY: the address leads to as many floats, and the room stays until they have arrived:
        // `Arriving` waits for that before it gives the room away.
        unsafe { result::memcpy_dtoh_async(memory, from, gpu.stream.cu_stream()) }?;
        room.copied.record(&gpu.stream)?;
        Ok(Arriving {
            room: Some(room),
            len,
        })
    }
}

impl Room {
    fn new(gpu: &Gpu, len: usize) -> std::result::Result<Room, DriverError> {
        // Not write-combined: what arrives is read by the processor.
        // SAFETY: every bit pattern is a float, and rooms are written before they are read.
        let memory = unsafe {
            gpu.context
                .alloc_pinned_with_flags::<f32>(len.next_power_of_two().max(64), 0)
        }?;
        let copied = gpu.context.new_event(None)?;
        Ok(Room { memory, copied })
    }
}

/// Floats on their way to the host.
pub(crate) struct Arriving {
    /// Always there until it is dropped.
    room: Option<Room>,
    len: usize,
}

impl Arriving {
    /// Waits until they are there.
    pub(crate) fn wait(self) -> Result<Vec<f32>> {
        let (Some(room), Some(gpu)) = (&self.room, GPU.get()) else {
            return Ok(Vec::new());
        };
        let arrived = room.copied.synchronize();
        let arrived = arrived.and_then(|()| room.memory.as_slice());
        let values = arrived.map_err(|error| gpu.refused("working", error))?;
        Ok(values[..self.len].to_vec())
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        let Some(room) = self.room.take() else { return };
        let arrived = room.copied.synchronize();
        match (GPU.get(), arrived) {
            (Some(gpu), Ok(())) => {
                let mut rooms = lock(&gpu.rooms.incoming);
                if rooms.len() < 64 {
                    rooms.push(room);
                }
            }
            // The GPU is lost: it may still write there.
            _ => std::mem::forget(room),
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

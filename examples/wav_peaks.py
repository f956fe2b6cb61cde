"""Finds the loudest sample of each channel of a WAV file.

The frames of a stereo file are pairs of 16-bit samples, left and right in turn; a channel is every
second one, and a strided view of the bytes that the wave module read.
"""

import array
import io
import math
import wave

from consumer import consume

RATE = 8000


def make_wav() -> io.BytesIO:
    """One second: a tone that fades on the left, and one that swells on the right.

    The samples of the file are little-endian; the wave module takes and gives this machine's order.
    """
    samples = array.array("h")
    for frame in range(RATE):
        tone = math.sin(2 * math.pi * 440 * frame / RATE)
        loudness = frame / RATE
        samples.append(round(20_000 * tone * (1 - loudness)))
        samples.append(round(30_000 * tone * loudness))
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(2)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes(samples.tobytes())
    file.seek(0)
    return file


def main() -> None:
    with wave.open(make_wav()) as wav:
        channels, frames = wav.getnchannels(), wav.readframes(wav.getnframes())
    samples = consume(memoryview(frames).cast("h")).reshape(-1, channels)
    print(f"{len(samples)} frames, {samples.nbytes} bytes, format {samples.format!r}")
    for channel, name in enumerate(("left", "right")):
        view = samples[:, channel]
        peak = max(max(view), -min(view))
        where = view.index(peak) if peak in view else view.index(-peak)
        print(f"{name:5} peak {peak:5} after {where / RATE:.3f} s, view {view}")


if __name__ == "__main__":
    main()

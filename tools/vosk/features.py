"""The features that Vosk computes, by the library that does as Kaldi does."""

from typing import Final

import kaldi_native_fbank
import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import RATE

SIZE: Final = 40
"""Features of a frame, of which there are a hundred a second."""

_LOWEST, _HIGHEST = 20, 7600

CONFIGURATION: Final = f"""\
--sample-frequency={RATE}
--use-energy=false
--num-mel-bins={SIZE}
--num-ceps={SIZE}
--low-freq={_LOWEST}
--high-freq={_HIGHEST}
--dither=0
"""
"""The same for Vosk: the file `mfcc.conf`. Without dither the same sound is heard the same each time."""


def features(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mel-frequency cepstral coefficients [frames, SIZE].

    Args:
        samples: Mono at `RATE`, in units of 16 bits [samples].
    """
    options = kaldi_native_fbank.MfccOptions()
    options.frame_opts.samp_freq = RATE
    options.frame_opts.dither = 0
    options.frame_opts.snip_edges = True
    options.mel_opts.num_bins = SIZE
    options.mel_opts.low_freq = _LOWEST
    options.mel_opts.high_freq = _HIGHEST
    options.num_ceps = SIZE
    options.use_energy = False
    computer = kaldi_native_fbank.OnlineMfcc(options)
    computer.accept_waveform(RATE, samples.tolist())
    computer.input_finished()
    return np.stack([computer.get_frame(frame) for frame in range(computer.num_frames_ready)])

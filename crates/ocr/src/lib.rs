//! Reads page rasters into words with boxes and confidences

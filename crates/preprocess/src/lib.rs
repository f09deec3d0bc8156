//! Turns a document into pages: a sound text layer as words, anything else as an upright grey raster

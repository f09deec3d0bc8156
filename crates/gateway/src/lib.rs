//! Takes uploads, answers for their status, documents the API

//! The structs of DLPack.

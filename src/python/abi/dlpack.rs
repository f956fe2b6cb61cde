//! DLPack: tensors. The structs are those of `dlpack.h`, of which version 1.3 is the newest.
//!
//! A producer hands a capsule over whose name tells which of the two managed tensors is in it. Who
//! consumes it renames it, and from then on has to call the deleter, once and in any thread; else
//! that is for the capsule's destructor to do.

use std::ffi::{CStr, c_void};

use crate::dtype::DType;
use crate::format::Kind;

/// The version that is written, and the newest one that is asked for. Versions of the same major
/// number have the same structs.
pub const VERSION: (u32, u32) = (1, 3);

/// The memory of the host, which the processor reads and writes.
pub const CPU: Device = Device { kind: 1, id: 0 };

/// Where the memory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Device {
    /// One of the numbers of `DLDeviceType`.
    pub kind: i32,
    /// Which of the devices of that kind.
    pub id: i32,
}

impl Device {
    /// Returns whether the processor can read and write the memory, which may be pinned or shared
    /// for a graphics card (`kDLCUDAHost`, `kDLROCMHost`).
    #[must_use]
    pub const fn is_host(self) -> bool {
        matches!(self.kind, 1 | 3 | 11)
    }
}

/// The type of the elements, always in the byte order of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct DataType {
    /// One of the numbers of `DLDataTypeCode`.
    pub code: u8,
    /// The size of a lane.
    pub bits: u8,
    /// How many values are one element.
    pub lanes: u16,
}

/// The numbers of `DLDataTypeCode` that are elements of ours.
mod code {
    pub(super) const INT: u8 = 0;
    pub(super) const UINT: u8 = 1;
    pub(super) const FLOAT: u8 = 2;
    pub(super) const BFLOAT: u8 = 4;
    pub(super) const COMPLEX: u8 = 5;
    pub(super) const BOOL: u8 = 6;
    pub(super) const FLOAT8_E4M3FN: u8 = 10;
    pub(super) const FLOAT8_E5M2: u8 = 12;
}

impl DataType {
    /// Returns what DLPack calls a type; `None` if it has no such type.
    #[must_use]
    pub const fn of(dtype: DType) -> Option<Self> {
        let code = match dtype {
            // It could say so of integers of 24 bits, but nobody who reads it has any.
            DType::LongDouble | DType::ComplexLongDouble | DType::I24 | DType::U24 => return None,
            DType::BF16 => code::BFLOAT,
            DType::F8E4M3 => code::FLOAT8_E4M3FN,
            DType::F8E5M2 => code::FLOAT8_E5M2,
            _ => match dtype.kind() {
                Kind::Signed => code::INT,
                Kind::Unsigned => code::UINT,
                Kind::Float => code::FLOAT,
                Kind::Complex => code::COMPLEX,
                Kind::Bool => code::BOOL,
                _ => return None,
            },
        };
        Some(Self { code, bits: (dtype.size() * 8) as u8, lanes: 1 })
    }

    /// Returns the type of elements that DLPack calls so; `None` if it is none of ours.
    #[must_use]
    pub fn to_dtype(self) -> Option<DType> {
        const KEYS: [Option<u32>; DType::ALL.len()] = {
            let mut keys = [None; DType::ALL.len()];
            let mut place = 0;
            while place < keys.len() {
                if let Some(known) = DataType::of(DType::ALL[place]) {
                    keys[place] = Some(known.key());
                }
                place += 1;
            }
            keys
        };
        let key = self.key();
        let place = KEYS.iter().position(|&known| known == Some(key))?;
        DType::ALL.get(place).copied()
    }

    /// The three numbers in one, which is compared at once.
    const fn key(self) -> u32 {
        (self.lanes as u32) << 16 | (self.bits as u32) << 8 | self.code as u32
    }

    /// Returns the name of a type, for messages.
    #[must_use]
    pub fn name(self) -> String {
        const NAMES: [&str; 18] = [
            "int",
            "uint",
            "float",
            "opaque handle",
            "bfloat",
            "complex",
            "bool",
            "float8_e3m4",
            "float8_e4m3",
            "float8_e4m3b11fnuz",
            "float8_e4m3fn",
            "float8_e4m3fnuz",
            "float8_e5m2",
            "float8_e5m2fnuz",
            "float8_e8m0fnu",
            "float6_e2m3fn",
            "float6_e3m2fn",
            "float4_e2m1fn",
        ];
        let name = match NAMES.get(usize::from(self.code)) {
            Some(name) => (*name).to_owned(),
            None => format!("type code {}", self.code),
        };
        let lanes = if self.lanes == 1 { String::new() } else { format!(" × {}", self.lanes) };
        format!("{name} of {} bits{lanes}", self.bits)
    }
}

/// `DLTensor`: what lies where.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Tensor {
    /// The first element, less the offset; NULL if there are none.
    pub data: *mut c_void,
    /// Where the memory is.
    pub device: Device,
    /// The number of dimensions.
    pub ndim: i32,
    /// The type of the elements.
    pub dtype: DataType,
    /// As many lengths as there are dimensions.
    pub shape: *mut i64,
    /// As many steps, in elements; NULL for elements in C order.
    pub strides: *mut i64,
    /// Bytes from `data` to the first element.
    pub byte_offset: u64,
}

/// What frees a managed tensor, and all that it keeps.
pub type Deleter<M> = unsafe extern "C" fn(*mut M);

/// `DLManagedTensor`: that of before version 1, which knows no flags.
#[repr(C)]
pub struct Unversioned {
    /// The tensor.
    pub tensor: Tensor,
    /// The producer's.
    pub context: *mut c_void,
    /// NULL where there is nothing to free.
    pub deleter: Option<Deleter<Self>>,
}

/// `DLManagedTensorVersioned`. Of another major version, only what comes before the flags is as
/// here.
#[repr(C)]
pub struct Versioned {
    /// The major version of the struct.
    pub major: u32,
    /// Its minor version.
    pub minor: u32,
    /// The producer's.
    pub context: *mut c_void,
    /// NULL where there is nothing to free.
    pub deleter: Option<Deleter<Self>>,
    /// See the constants. Unknown ones mean nothing.
    pub flags: u64,
    /// The tensor.
    pub tensor: Tensor,
}

/// The flag of a tensor that must not be written to.
pub const READ_ONLY: u64 = 1;
/// The flag of a tensor whose memory was made for whoever asked.
pub const COPIED: u64 = 2;

/// What both managed tensors have.
pub trait Managed: Sized {
    /// The name of a capsule that nobody has consumed.
    const NAME: &'static CStr;
    /// Its name after that.
    const USED: &'static CStr;

    /// What frees it.
    fn deleter(&self) -> Option<Deleter<Self>>;

    /// The tensor.
    fn tensor_mut(&mut self) -> &mut Tensor;
}

impl Managed for Unversioned {
    const NAME: &'static CStr = c"dltensor";
    const USED: &'static CStr = c"used_dltensor";

    fn deleter(&self) -> Option<Deleter<Self>> {
        self.deleter
    }

    fn tensor_mut(&mut self) -> &mut Tensor {
        &mut self.tensor
    }
}

impl Managed for Versioned {
    const NAME: &'static CStr = c"dltensor_versioned";
    const USED: &'static CStr = c"used_dltensor_versioned";

    fn deleter(&self) -> Option<Deleter<Self>> {
        self.deleter
    }

    fn tensor_mut(&mut self) -> &mut Tensor {
        &mut self.tensor
    }
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(
    size_of::<Tensor>() == 48 && size_of::<Unversioned>() == 64 && size_of::<Versioned>() == 80
);

//! What a FIELD says it holds: a primitive type and how many elements a cell has.

/// VOTable's primitive types (section 6 of the standard).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::io::catalog::votable) enum Primitive {
    Boolean,
    Bit,
    UnsignedByte,
    Short,
    Int,
    Long,
    Char,
    UnicodeChar,
    Float,
    Double,
    FloatComplex,
    DoubleComplex,
}

impl Primitive {
    pub(in crate::io::catalog::votable) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "boolean" => Self::Boolean,
            "bit" => Self::Bit,
            "unsignedByte" => Self::UnsignedByte,
            "short" => Self::Short,
            "int" => Self::Int,
            "long" => Self::Long,
            "char" | "string" => Self::Char,
            "unicodeChar" => Self::UnicodeChar,
            "float" => Self::Float,
            "double" => Self::Double,
            "floatComplex" => Self::FloatComplex,
            "doubleComplex" => Self::DoubleComplex,
            _ => return None,
        })
    }

    /// Bytes of one element in a binary stream; bits are packed and counted apart.
    pub(in crate::io::catalog::votable) fn bytes(self) -> usize {
        match self {
            Self::Boolean | Self::Bit | Self::UnsignedByte | Self::Char => 1,
            Self::Short | Self::UnicodeChar => 2,
            Self::Int | Self::Float => 4,
            Self::Long | Self::Double | Self::FloatComplex => 8,
            Self::DoubleComplex => 16,
        }
    }

    pub(in crate::io::catalog::votable) fn is_integer(self) -> bool {
        matches!(self, Self::UnsignedByte | Self::Short | Self::Int | Self::Long)
    }
}

/// How many elements a cell has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::io::catalog::votable) enum Size {
    /// One.
    Scalar,
    /// The same number in every row.
    Fixed(usize),
    /// Told row by row; in a binary stream a count comes first.
    Variable,
}

impl Size {
    /// Reads `arraysize`: `3`, `*`, `10*`, `2x3`, `2x*`.
    pub(in crate::io::catalog::votable) fn parse(text: Option<&str>) -> Self {
        let Some(text) = text.map(str::trim).filter(|t| !t.is_empty()) else {
            return Self::Scalar;
        };
        if text.ends_with('*') {
            return Self::Variable;
        }
        let product = text
            .split('x')
            .try_fold(1usize, |n, part| n.checked_mul(part.trim().parse().ok()?));
        match product {
            Some(n) if n <= 1 << 24 => Self::Fixed(n),
            _ => Self::Variable,
        }
    }
}

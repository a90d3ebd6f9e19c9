//! How a function is compiled for what the processor has: loops over slices that the compiler turns into
//! instructions on many values at once, if only it may use those the processor has.

/// Makes `$name` the function `$body`, compiled for AVX-512, for AVX2 and for any processor, of
/// which the best that is there is called. The same to the bit wherever the body doesn't depend on the
/// order of sums: nothing is fused that isn't asked to be.
macro_rules! vectorised {
    ($(#[$doc:meta])* $name:ident $(<$(const $k:ident),+>)? ($($arg:ident: $ty:ty),* $(,)?) $(-> $out:ty)? $body:block) => {
        $(#[$doc])*
        #[allow(
            unsafe_code,
            reason = "functions compiled for an instruction set are unsafe to call until it is known to be there"
        )]
        pub(crate) fn $name $(<$(const $k: usize),+>)? ($($arg: $ty),*) $(-> $out)? {
            #[inline(always)]
            fn body $(<$(const $k: usize),+>)? ($($arg: $ty),*) $(-> $out)? $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi1,bmi2,lzcnt")]
                fn wide $(<$(const $k: usize),+>)? ($($arg: $ty),*) $(-> $out)? { body $(::<$($k),+>)? ($($arg),*) }
                #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt")]
                fn medium $(<$(const $k: usize),+>)? ($($arg: $ty),*) $(-> $out)? { body $(::<$($k),+>)? ($($arg),*) }
                let small = is_x86_feature_detected!("bmi1")
                    && is_x86_feature_detected!("bmi2")
                    && is_x86_feature_detected!("lzcnt");
                let medium_there = small && is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
                let wide_there = medium_there
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl");
                if wide_there {
                    // SAFETY: the processor was just asked.
                    return unsafe { wide $(::<$($k),+>)? ($($arg),*) };
                }
                if medium_there {
                    // SAFETY: the processor was just asked.
                    return unsafe { medium $(::<$($k),+>)? ($($arg),*) };
                }
            }
            body $(::<$($k),+>)? ($($arg),*)
        }
    };
}
pub(crate) use vectorised;

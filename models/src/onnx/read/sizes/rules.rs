//! What each operator makes of what it is given: the list of those that are allowed.

use super::call::{Call, Reason, SHAPE, axis};
use super::shapes::{
    broadcast, classified, concat, constant, labels, matmul, permuted, product, reduced, reshape, rows, sizes, split,
    squeeze, target, top, unsqueeze,
};
use super::{Tensor, values};

/// The operator's outputs.
pub(super) fn outputs(call: &Call<'_>) -> Result<Vec<Tensor>, Reason> {
    let dims = match call.op() {
        "Dropout" if call.optional(2).is_some() => return Err("draws at random in training, and has that as an input"),
        "Abs" | "BatchNormalization" | "Binarizer" | "Cast" | "Ceil" | "Clip" | "Cos" | "CumSum" | "Dropout"
        | "Elu" | "Erf" | "Exp" | "Floor" | "Gelu" | "HardSigmoid" | "HardSwish" | "Identity" | "Imputer" | "IsInf"
        | "IsNaN" | "LabelEncoder" | "LayerNormalization" | "LeakyRelu" | "Log" | "LogSoftmax" | "Mish" | "Neg"
        | "Normalizer" | "Not" | "Reciprocal" | "Relu" | "Round" | "Scaler" | "Selu" | "Sigmoid" | "Sign" | "Sin"
        | "Softmax" | "Softplus" | "Softsign" | "Sqrt" | "Tanh" => {
            let same = Tensor { dims: call.dims(0)?.to_vec(), values: values::unary(call) };
            // Masks, means and the like, of which none is larger.
            return Ok(vec![same; call.outputs().max(1)]);
        }
        "Add" | "And" | "Div" | "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" | "Max" | "Mean"
        | "Min" | "Mod" | "Mul" | "Or" | "PRelu" | "Pow" | "Sub" | "Sum" | "Where" | "Xor" => {
            call.inputs().fold(Vec::new(), |dims, tensor| broadcast(&dims, &tensor.dims))
        }
        "ReduceL1" | "ReduceL2" | "ReduceLogSum" | "ReduceLogSumExp" | "ReduceMax" | "ReduceMean" | "ReduceMin"
        | "ReduceProd" | "ReduceSum" | "ReduceSumSquare" => reduced(call, call.integers(1, "axes")?)?,
        "ArgMax" | "ArgMin" => reduced(call, Some(&[call.int("axis").unwrap_or(0)][..]))?,
        "ArrayFeatureExtractor" => {
            let rest = call.dims(0)?.split_last().map_or(&[][..], |(_, rest)| rest);
            let rest = if rest.is_empty() { &[1][..] } else { rest };
            [rest, &[call.input(1)?.elements()][..]].concat()
        }
        "Concat" => return Ok(vec![concat(call)?]),
        "Constant" => return Ok(vec![constant(call)]),
        "ConstantOfShape" => sizes(call.input(0)?)?,
        "Expand" => broadcast(call.dims(0)?, &sizes(call.input(1)?)?),
        "FeatureVectorizer" => {
            let declared = call.ints("inputdimensions").unwrap_or_default().iter();
            vec![rows(call)?, declared.fold(0, |sum: u64, size| sum.saturating_add(size.unsigned_abs()))]
        }
        "Flatten" => {
            let dims = call.dims(0)?;
            let place = call.int("axis").unwrap_or(1);
            let place = if usize::try_from(place) == Ok(dims.len()) { dims.len() } else { axis(place, dims.len())? };
            vec![product(&dims[..place]), product(&dims[place..])]
        }
        "Gather" => {
            let (dims, places) = (call.dims(0)?, call.dims(1)?);
            let place = call.axis(0, dims.len())?;
            let dims = [&dims[..place], places, &dims[place + 1..]].concat();
            return Ok(vec![Tensor { dims, values: values::gather(call) }]);
        }
        "GatherElements" => call.dims(1)?.to_vec(),
        "Gemm" => {
            let of = |place: usize, name: &str| -> Result<(u64, u64), Reason> {
                let dims = call.dims(place)?;
                let [rows, columns] = dims else { return Err(SHAPE) };
                Ok(if call.int(name) == Some(1) { (*columns, *rows) } else { (*rows, *columns) })
            };
            vec![of(0, "transA")?.0, of(1, "transB")?.1]
        }
        "LinearClassifier" | "TreeEnsembleClassifier" => return classified(call, call.length("intercepts")),
        "SVMClassifier" => {
            // Decisions of a support vector machine are one for each pair of classes.
            let classes = labels(call).max(call.length("vectors_per_class"));
            return classified(call, classes.max(classes.saturating_mul(classes) / 2));
        }
        "LinearRegressor" => vec![rows(call)?, target(call.int("targets"))?],
        "MatMul" => matmul(call.dims(0)?, call.dims(1)?)?,
        "OneHotEncoder" => {
            let categories = call.length("cats_int64s").max(call.length("cats_strings"));
            [call.dims(0)?, &[categories][..]].concat()
        }
        "Reshape" => return Ok(vec![reshape(call)?]),
        "SVMRegressor" => vec![rows(call)?, 1],
        "Shape" => return Ok(vec![values::shape(call)?]),
        "Slice" => return Ok(vec![values::slice(call)?]),
        "Split" => return split(call),
        "Squeeze" => return Ok(vec![squeeze(call)?]),
        "Tile" => {
            let times = sizes(call.input(1)?)?;
            let dims = call.dims(0)?;
            if times.len() != dims.len() {
                return Err(SHAPE);
            }
            dims.iter().zip(times).map(|(dim, times)| dim.saturating_mul(times)).collect()
        }
        "TopK" => return top(call),
        "Transpose" => match call.ints("perm") {
            Some(places) => permuted(call.dims(0)?, places)?,
            None => call.dims(0)?.iter().rev().copied().collect(),
        },
        "TreeEnsemble" | "TreeEnsembleRegressor" => vec![rows(call)?, target(call.int("n_targets"))?],
        "Unsqueeze" => return Ok(vec![unsqueeze(call)?]),
        // Read as the tensor that it makes maps of.
        "ZipMap" => vec![0],
        _ => return Err("is none that exporters of table models use, so clutch does not run it"),
    };
    Ok(vec![Tensor::of(dims)])
}

/// Multiplications, roughly.
pub(super) fn work(call: &Call<'_>, made: u64) -> u64 {
    let of_each = match call.op() {
        // The one along which it sums is one of the last two.
        "MatMul" | "Gemm" => call.dims(0).unwrap_or_default().iter().rev().take(2).copied().max().unwrap_or(1),
        "SVMClassifier" | "SVMRegressor" => call.length("support_vectors"),
        _ => 1,
    };
    made.saturating_mul(of_each.max(1))
}

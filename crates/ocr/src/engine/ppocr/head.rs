//! A recogniser's last layer without the classes that nobody asks for. Pure.
//!
//! PP-OCRv6 tells 6,905 characters apart (the small one 18,709), an invoice in Latin script needs some 500 of
//! them. The last layer and the softmax over it are a tenth of a line's time, and the small network's
//! weights for it 9 of its 21 MB. Probabilities are then those among the characters that can be there.
//!
//! The file is an ONNX `ModelProto` (onnx.proto3 of ONNX 1.19, IR version 3 and later); only the fields below
//! are named, and what is not named is not kept: names of makers, shapes of intermediate arrays.

use prost::Message;

/// Number of ONNX's data type for 32-bit floats (`TensorProto.DataType.FLOAT`).
const FLOAT: i32 = 1;

#[derive(Clone, PartialEq, Message)]
struct Model {
    #[prost(int64, tag = "1")]
    ir_version: i64,
    #[prost(message, optional, tag = "7")]
    graph: Option<Graph>,
    #[prost(bytes = "vec", repeated, tag = "8")]
    opset_import: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
struct Graph {
    #[prost(bytes = "vec", repeated, tag = "1")]
    node: Vec<Vec<u8>>,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(message, repeated, tag = "5")]
    initializer: Vec<Tensor>,
    #[prost(bytes = "vec", repeated, tag = "11")]
    input: Vec<Vec<u8>>,
    #[prost(message, repeated, tag = "12")]
    output: Vec<Value>,
}

/// Weights.
#[derive(Clone, PartialEq, Message)]
struct Tensor {
    #[prost(int64, repeated, tag = "1")]
    dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    data_type: i32,
    #[prost(float, repeated, tag = "4")]
    float_data: Vec<f32>,
    #[prost(int32, repeated, tag = "5")]
    int32_data: Vec<i32>,
    #[prost(int64, repeated, tag = "7")]
    int64_data: Vec<i64>,
    #[prost(string, tag = "8")]
    name: String,
    #[prost(bytes = "vec", tag = "9")]
    raw_data: Vec<u8>,
}

/// An output. Its shape, which names the number of classes, is left out.
#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, Message)]
struct Kind {
    #[prost(message, optional, tag = "1")]
    tensor: Option<TensorKind>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorKind {
    #[prost(int32, tag = "1")]
    element: i32,
}

/// The network `onnx` of `classes` classes with only those of `kept`, in this order.
///
/// # Errors
/// Why it cannot be: it is no ONNX file, or no layer of it ends in `classes` columns.
pub(super) fn cut(onnx: &[u8], classes: usize, kept: &[usize]) -> Result<Vec<u8>, String> {
    let mut model = Model::decode(onnx).map_err(|error| error.to_string())?;
    let graph = model.graph.as_mut().ok_or("it has no graph")?;
    let mut cut = 0;
    for tensor in &mut graph.initializer {
        if tensor.dims.last().copied() == i64::try_from(classes).ok() {
            keep_columns(tensor, classes, kept)?;
            cut += 1;
        }
    }
    // Weights and their bias.
    if cut != 2 {
        return Err(format!("{cut} of its layers' arrays end in {classes} classes, not 2"));
    }
    Ok(model.encode_to_vec())
}

fn keep_columns(tensor: &mut Tensor, classes: usize, kept: &[usize]) -> Result<(), String> {
    const SIZE: usize = size_of::<f32>();
    if tensor.data_type != FLOAT || tensor.raw_data.is_empty() {
        return Err("its last layer is not of raw 32-bit floats".to_owned());
    }
    let mut columns = Vec::with_capacity(tensor.raw_data.len() / classes * kept.len());
    for row in tensor.raw_data.chunks_exact(classes * SIZE) {
        for &class in kept {
            let weight = row.get(class * SIZE..(class + 1) * SIZE);
            columns.extend_from_slice(weight.ok_or("its last layer lacks a class")?);
        }
    }
    tensor.raw_data = columns;
    if let (Some(last), Ok(count)) = (tensor.dims.last_mut(), i64::try_from(kept.len())) {
        *last = count;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(name: &str, dims: &[i64], values: &[f32]) -> Tensor {
        Tensor {
            dims: dims.to_vec(),
            data_type: FLOAT,
            name: name.to_owned(),
            raw_data: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            ..Tensor::default()
        }
    }

    fn onnx(initializer: Vec<Tensor>) -> Vec<u8> {
        let graph =
            Graph { node: vec![b"kept as it is".to_vec()], initializer, ..Graph::default() };
        Model { ir_version: 7, graph: Some(graph), opset_import: vec![vec![16, 11]] }
            .encode_to_vec()
    }

    #[test]
    fn only_the_last_layer_loses_columns() {
        let before = onnx(vec![
            tensor("first", &[2], &[1.0, 2.0]),
            tensor("weights", &[2, 4], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]),
            tensor("bias", &[4], &[0.0, 1.0, 2.0, 3.0]),
        ]);
        let after = onnx(vec![
            tensor("first", &[2], &[1.0, 2.0]),
            tensor("weights", &[2, 3], &[0.0, 3.0, 1.0, 4.0, 7.0, 5.0]),
            tensor("bias", &[3], &[0.0, 3.0, 1.0]),
        ]);
        assert_eq!(cut(&before, 4, &[0, 3, 1]), Ok(after));
    }

    #[test]
    fn a_network_of_other_classes_is_refused() {
        let other = onnx(vec![tensor("weights", &[1, 3], &[0.0, 1.0, 2.0])]);
        assert_eq!(
            cut(&other, 4, &[0]),
            Err("0 of its layers' arrays end in 4 classes, not 2".to_owned())
        );
        assert!(cut(b"no protobuf", 4, &[0]).is_err());
        let halves = Tensor { data_type: 10, ..tensor("weights", &[1, 4], &[0.0; 4]) };
        assert!(cut(&onnx(vec![halves]), 4, &[0]).is_err());
    }
}

// SPDX-License-Identifier: Apache-2.0
//! AWS's own reader of enclave images says what it sees in one: its measurements, its CRC, whether the signature is good.
use aws_nitro_enclaves_image_format::utils::eif_reader::EifReader;

fn main() {
    let path = std::env::args().nth(1).expect("usage: judge-eif FILE");
    let mut reader = EifReader::from_eif(path).expect("an image");
    let measurements = reader.get_measurements().expect("measurements");
    let metadata = reader.get_metadata().expect("metadata");
    let signed = reader.signature_section.is_some();
    if signed {
        reader.get_certificate_info(measurements.clone()).expect("a certificate");
    }
    let mut pcrs = serde_json::Map::new();
    for (name, value) in &measurements {
        if let Some(index) = name.strip_prefix("PCR") {
            pcrs.insert(index.into(), value.clone().into());
        }
    }
    let told = serde_json::json!({"crc": reader.check_crc(), "signed": signed, "signature": reader.sign_check,
        "version": metadata.img_version, "pcrs": pcrs});
    println!("{told}");
}

//! The site's certificate authority: roots, leaf certificates, CSR descriptions.

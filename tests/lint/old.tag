tag Old {
	deprecated "the system was retired in 2024; use New";
	entry a.example.com https:443;
}

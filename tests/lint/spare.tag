tag Spare {
	entry ${vault}.example.com https:443;
}
